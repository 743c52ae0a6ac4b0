{"name": "anna", "age": 31}
