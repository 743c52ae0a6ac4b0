local limit <const> = 10
