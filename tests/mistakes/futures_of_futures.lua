local lists = { lithops.map(print, { 1 }), lithops.map(print, { 2 }) }
print(lithops.get_result(lists))
