lithops.call_async(function() error({ code = 5, text = "no such customer" }) end):result()
