//! With AWS configured, too, a run sets nothing of it up, nor workers, before something needs them.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Folder, Run};

/// What a script that did this sees of its own process: the names of its threads, and whether it can wait for sockets.
const LOOK: &str = "
local names, pid = {}, io.open('/proc/self/stat'):read('*n')
for number in io.popen('ls /proc/' .. pid .. '/task'):lines() do
  names[#names + 1] = io.open('/proc/' .. pid .. '/task/' .. number .. '/comm'):read()
end
table.sort(names)
local files = io.popen('ls -l /proc/' .. pid .. '/fd'):read('*a')
print(table.concat(names, ' '), files:find('eventpoll', 1, true) ~= nil, files:find('socket', 1, true) ~= nil)";

fn look_after(folder: &Folder, code: &str) -> Run {
    folder.write("pipeline.lua", format!("{code}\n{LOOK}"));
    folder.run(&["--config", "lithops.yaml", "pipeline.lua"])
}

#[test]
fn nothing_of_aws_is_set_up_before_it_is_needed() {
    let folder = Folder::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = connections.clone();
    std::thread::spawn(move || {
        for _connection in listener.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let settings = "access_key_id: key\n  secret_access_key: secret";
    folder.write(
        "lithops.yaml",
        format!(
            "lithops: {{backend: aws_lambda, storage: aws_s3}}\naws:\n  region: us-east-1\n  {settings}\n\
             aws_s3: {{endpoint_url: '{url}', storage_bucket: bucket}}\n\
             aws_lambda: {{execution_role: 'arn:aws:iam::123456789012:role/r'}}\n"
        ),
    );
    // The one that waits for the script, and the one that runs it.
    let bare = "lithops-lua script\tfalse\tfalse\n";
    look_after(&folder, "").prints(bare);
    look_after(&folder, "local f, s = lithops.map, lithops.storage local j = require('json').encode({ 1 })")
        .prints(bare);
    look_after(&folder, "local fexec = lithops.FunctionExecutor()").prints(bare);
    assert_eq!(connections.load(Ordering::SeqCst), 0);

    // All of it would be seen.
    let run = look_after(&folder, "pcall(function() lithops.storage:head_object(nil, 'key') end)");
    assert!(run.out.starts_with("io lithops-lua") && run.out.contains("\ttrue\t"), "{run:?}");
    assert!(connections.load(Ordering::SeqCst) > 0);
}
