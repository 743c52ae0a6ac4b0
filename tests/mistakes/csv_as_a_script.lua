name,age
anna,31
