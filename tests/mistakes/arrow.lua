print(lithops.map(x => x * 2, { 1 }))
