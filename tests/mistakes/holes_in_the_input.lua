lithops.map(function(x) return x end, { 1, nil, nil, nil, nil, nil, nil, nil, nil, nil, [1000] = 2 })
