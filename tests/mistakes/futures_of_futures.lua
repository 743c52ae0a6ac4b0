local lists = { lithops.map(tostring, { 1 }), lithops.map(tostring, { 2 }) }
print(lithops.get_result(lists))
