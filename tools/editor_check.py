#!/usr/bin/env python3
"""Checks what an editor knows inside `stream!`, by driving rust-analyzer over its protocol.

    tools/editor_check.py [--server PATH] [--std PATH] [--verbose]

A scratch crate that depends on `runtime/` is opened, with one file a case; `$0` marks the cursor. The table that is printed
says what works. A case that is marked `REQUIRED` and fails makes the exit status 1; the others are reported. Without
rust-analyzer nothing is checked, and the exit status is 0.

Completion on the standard library's types (`line.` where `line: &str`) needs the sources of the standard library:
`rustup component add rust-src`, or `--std PATH` with the `library` folder of some Rust source tree.
"""

import argparse
import json
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
REQUIRED, REPORTED = True, False

WHOLE = """\
use microbatch::prelude::*;

pub fn pipeline(out: Collector<(String, u64)>) -> impl Pipeline {{
    stream!(every = 1s, |ssc| {{
        let lines = ssc.queue_stream([vec!["to be".to_string()]]);
        let words = lines.flat_map(|line| line.split(' '));
        let pairs = words.map(|word| (word, 1u64));
        let counts = pairs.reduce_by_key(|a, b| a + b);
{line}
        counts.collect_into(&out);
    }})
}}
"""

# The same with the line at the end of the body, as it is when somebody types a pipeline from top to bottom.
UNFINISHED = """\
use microbatch::prelude::*;

pub fn pipeline() -> impl Pipeline {{
    stream!(every = 1s, |ssc| {{
        let lines = ssc.queue_stream([vec!["to be".to_string()]]);
        let words = lines.flat_map(|line| line.split(' '));
        let pairs = words.map(|word| (word, 1u64));
        let counts = pairs.reduce_by_key(|a, b| a + b);
{line}
    }})
}}
"""

# The body of a struct's user, for fields behind a view.
CLICKS = """\
use microbatch::prelude::*;

#[derive(Clone, Record)]
pub struct Click {{ pub user: u64, pub page: String }}

pub fn pipeline(clicks: Vec<Vec<Click>>) -> impl Pipeline {{
    stream!(every = 1s, |ssc| {{
        let clicks = ssc.queue_stream(clicks);
{line}
    }})
}}
"""


def has(*names):
    """All of these are offered."""
    return lambda labels: [f"`{name}` is not offered" for name in names if name not in labels]


def says(*patterns):
    """The hover text holds all of these."""
    return lambda text: [f"no `{pattern}`" for pattern in patterns if not re.search(pattern, text)]


def leads_to(file):
    """The definition is one place, in this file."""
    return lambda files: [] if files == [file] else [f"leads to {' and '.join(files) or 'nowhere'}"]


def no_errors(messages):
    """The editor underlines nothing."""
    return messages


OPERATORS = has("map", "filter", "flat_map", "count_by_value", "union")
PAIRS = has("map", "reduce_by_key", "join", "map_values", "group_by_key")
STR = has("len", "contains", "split", "to_uppercase")

# (what, template, line, request, check, needs the standard library's sources, required)
CASES = [
    ("whole body: completion after `lines.`", WHOLE, "        lines.$0map(|line| line.len()).count().collect_into(&Collector::default());",
     "completion", OPERATORS, False, REQUIRED),
    ("whole body: completion after a chain", WHOLE, "        words.map(|w| (w, 1)).$0count().collect_into(&Collector::default());",
     "completion", PAIRS, False, REQUIRED),
    ("whole body: completion after `ssc.`", WHOLE, "        ssc.$0queue_stream([vec![1]]).collect_into(&Collector::default());",
     "completion", has("queue_stream", "union"), False, REQUIRED),
    ("whole body: completion in a closure, `|line| line.`", WHOLE, "        lines.filter(|line| line.$0is_empty()).collect_into(&Collector::default());",
     "completion", STR, True, REQUIRED),
    ("whole body: completion in a closure after a shuffle", WHOLE, "        counts.filter(|(word, n)| word.$0is_empty()).collect_into(&Collector::default());",
     "completion", STR, True, REQUIRED),
    ("whole body: hover on an operator", WHOLE, "        pairs.reduce_$0by_key(|a, b| a + b).collect_into(&Collector::default());",
     "hover", says(r"pub fn reduce_by_key", r"Folds the values of each key"), False, REQUIRED),
    ("whole body: hover on a stream, its type", WHOLE, "        cou$0nts.collect_into(&Collector::default());",
     "hover", says(r"counts: DStream<\(&(str|'static str), u64\)>"), False, REQUIRED),
    ("whole body: hover on a closure's parameter", WHOLE, "        lines.filter(|li$0ne| line.is_empty()).collect_into(&Collector::default());",
     "hover", says(r"line: &&(str|'static str)"), False, REQUIRED),
    ("whole body: definition of an operator", WHOLE, "        pairs.reduce_$0by_key(|a, b| a + b).collect_into(&Collector::default());",
     "definition", leads_to("runtime/src/dstream/shuffle.rs"), False, REQUIRED),
    ("whole body: definition of a stream", WHOLE, "        wo$0rds.collect_into(&Collector::default());",
     "definition", leads_to("case9.rs"), False, REQUIRED),
    ("whole body: signature help in `reduce_by_key(`", WHOLE, "        pairs.reduce_by_key($0|a, b| a + b).collect_into(&Collector::default());",
     "signatureHelp", says(r"fn reduce_by_key"), False, REQUIRED),
    ("whole body: fields behind a view", CLICKS, "        clicks.map(|click| click.$0user).collect_into(&Collector::default());",
     "completion", has("user", "page"), False, REQUIRED),

    ("whole body: no errors of the editor's own", WHOLE, "        pairs.join($0counts).filter(|(_, (a, b))| a < b).count_by_value().top(3).collect_into(&Collector::default());",
     "diagnostic", no_errors, False, REQUIRED),
    ("whole body: no errors where arguments have defaults", WHOLE, "        words.count_by_value().print($0);",
     "diagnostic", no_errors, False, REPORTED),
    ("whole body: no errors where exactly once is required", WHOLE.replace("every = 1s", "every = 1s, require = exactly_once"), "        words.count_by_value()$0.save_as_text_files(\"words\");",
     "diagnostic", no_errors, False, REQUIRED),
    ("whole body: hover on the pipeline", WHOLE.replace("stream!(", "let whole = stream!(").replace("    }})\n}}", "    }});\n    whole\n}}").replace("    whole", "    who$0le"), "",
     "hover", says(r"whole: "), False, REPORTED),

    ("windows: hover on an operator with an inverse", WHOLE, "        pairs.reduce_by_key_and_$0window(|a, b| a + b, |a, b| a - b, 60s, 1s).print();",
     "hover", says(r"pub fn reduce_by_key_and_window"), False, REQUIRED),
    ("windows: definition of an operator", WHOLE, "        pairs.reduce_by_key_and_$0window(|a, b| a + b, 60s).print();",
     "definition", leads_to("runtime/src/dstream/window.rs"), False, REQUIRED),
    ("windows: no errors of the editor's own", WHOLE, "        pairs.count_by_value_and_window(1min).join($0pairs.window(10s).map(|pair| (pair, 1u64))).count().print();",
     "diagnostic", no_errors, False, REPORTED),
    ("state: completion behind an operator", WHOLE, "        pairs.update_state_by_key(|values, state| Some(state.unwrap_or(0) + values.len())).$0print();",
     "completion", has("timeout", "initial_state", "name", "map"), False, REQUIRED),
    ("state: no errors of the editor's own", WHOLE, "        pairs.map_with_state(|_, key, value: Option<u64>, state: &mut State<u64>| { state.update(value.unwrap_or(0)); key }).timeout(1min).name(\"last\")$0.print();",
     "diagnostic", no_errors, False, REPORTED),

    ("unfinished: `lines.`", UNFINISHED, "        lines.$0", "completion", OPERATORS, False, REQUIRED),
    ("unfinished: `lines.`, more below", WHOLE, "        lines.$0", "completion", OPERATORS, False, REQUIRED),
    ("unfinished: `lines.fil`", UNFINISHED, "        lines.fil$0", "completion", has("filter"), False, REQUIRED),
    ("unfinished: `let x = pairs.`", UNFINISHED, "        let x = pairs.$0", "completion", PAIRS, False, REQUIRED),
    ("unfinished: `ssc.`", UNFINISHED, "        let more = ssc.$0", "completion", has("queue_stream"), False, REQUIRED),
    ("unfinished: `words.map(|w| w.`", UNFINISHED, "        words.map(|w| w.$0)", "completion", STR, True, REQUIRED),
    ("unfinished: `words.map(|w| w.`, brackets open", UNFINISHED, "        words.map(|w| w.$0", "completion", STR, True, REPORTED),
    ("unfinished: `clicks.map(|click| click.`", CLICKS, "        clicks.map(|click| click.$0)", "completion", has("user", "page"), False, REQUIRED),
    ("unfinished: `clicks.map(|click| click.`, brackets open", CLICKS, "        clicks.map(|click| click.$0", "completion", has("user", "page"), False, REPORTED),
    ("unfinished: stream after `join(`", UNFINISHED, "        pairs.join(cou$0)", "completion", has("counts"), False, REQUIRED),
    ("unfinished: hover on an operator", UNFINISHED, "        pairs.group_$0by_key().",
     "hover", says(r"pub fn group_by_key"), False, REQUIRED),
    ("unfinished: definition of an operator", UNFINISHED, "        pairs.group_$0by_key().",
     "definition", leads_to("runtime/src/dstream/shuffle.rs"), False, REQUIRED),
    ("wrong: our own error is shown while typing", WHOLE, "        words.top($0).collect_into(&Collector::default());",
     "diagnostic", lambda messages: says("`top` takes 1 argument")("\n".join(messages)), False, REQUIRED),
    ("wrong: completion beside an unknown operator", WHOLE, "        lines.mapp(|line| line).print();\n        lines.$0",
     "completion", OPERATORS, False, REQUIRED),
]


class Server:
    """A language server on the other end of two pipes."""

    def __init__(self, command, root, verbose):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, text=False,
            stderr=None if verbose else subprocess.DEVNULL)
        self.messages = queue.Queue()
        self.number = 0
        self.is_quiet = False
        self.settings = {}
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            length = 0
            while True:
                line = self.process.stdout.readline()
                if not line:
                    return self.messages.put(None)
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
                if line == b"\r\n":
                    break
            self.messages.put(json.loads(self.process.stdout.read(length)))

    def send(self, message):
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.process.stdin.flush()

    def notify(self, method, params):
        self.send({"method": method, "params": params})

    def take(self, deadline):
        """The next message; requests and notifications of the server are answered on the way."""
        message = self.messages.get(timeout=max(0.1, deadline - time.monotonic()))
        if message is None:
            raise RuntimeError("rust-analyzer has ended")
        method = message.get("method")
        if method == "workspace/configuration":
            items = message["params"]["items"]
            self.send({"id": message["id"], "result": [self.settings for _ in items]})
        elif method and "id" in message:
            self.send({"id": message["id"], "result": None})
        elif method == "experimental/serverStatus":
            self.is_quiet = message["params"]["quiescent"]
            if message["params"].get("health") == "error":
                print("rust-analyzer:", message["params"].get("message"), file=sys.stderr)
        return message

    def request(self, method, params, timeout=120):
        self.number += 1
        number, deadline = self.number, time.monotonic() + timeout
        self.send({"id": number, "method": method, "params": params})
        while True:
            message = self.take(deadline)
            if message.get("id") == number and "method" not in message:
                if "error" in message:
                    # The file has changed under the request: ask again.
                    if message["error"].get("code") in (-32801, -32802):
                        return self.request(method, params, timeout)
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]

    def wait_until_quiet(self, timeout=600):
        deadline = time.monotonic() + timeout
        while not self.is_quiet:
            self.take(deadline)


def scratch_crate(folder):
    modules = "".join(f"pub mod case{number};\n" for number in range(len(CASES)))
    (folder / "src").mkdir()
    (folder / "Cargo.toml").write_text(
        '[package]\nname = "scratch"\nversion = "0.0.0"\nedition = "2024"\n\n'
        f'[dependencies]\nmicrobatch = {{ path = "{ROOT / "runtime"}" }}\n\n[workspace]\n')
    shutil.copy(ROOT / "Cargo.lock", folder / "Cargo.lock")
    if (ROOT / "rust-toolchain.toml").exists():
        shutil.copy(ROOT / "rust-toolchain.toml", folder / "rust-toolchain.toml")
    (folder / "src/lib.rs").write_text(modules)
    for number, (_, template, line, *_) in enumerate(CASES):
        (folder / f"src/case{number}.rs").write_text(template.format(line=line).replace("$0", ""))


def start(server, std, folder, verbose):
    client = Server([server], folder, verbose)
    client.settings = {
        "cargo": {"sysrootSrc": std, "buildScripts": {"enable": True}, "targetDir": str(ROOT / "target/editor_check")},
        "procMacro": {"enable": True, "attributes": {"enable": True}},
        "checkOnSave": False,
        "cachePriming": {"enable": False},
    }
    client.request("initialize", {
        "processId": os.getpid(),
        "rootUri": folder.as_uri(),
        "workspaceFolders": [{"uri": folder.as_uri(), "name": "scratch"}],
        "initializationOptions": client.settings,
        "capabilities": {
            "experimental": {"serverStatusNotification": True},
            "workspace": {"configuration": True},
            "window": {"workDoneProgress": True},
            "textDocument": {
                "completion": {"completionItem": {"snippetSupport": False}},
                "hover": {"contentFormat": ["markdown"]},
                "definition": {"linkSupport": True},
                "diagnostic": {"dynamicRegistration": False},
            },
        },
    })
    client.notify("initialized", {})
    client.wait_until_quiet()
    return client


def ask(client, folder, number):
    """The answer to a case: names for a completion, text for a hover, a place for a definition."""
    _, template, line, request, *_ = CASES[number]
    text = template.format(line=line)
    before = text[:text.index("$0")]
    text = text.replace("$0", "")
    uri = (folder / f"src/case{number}.rs").as_uri()
    client.notify("textDocument/didOpen", {
        "textDocument": {"uri": uri, "languageId": "rust", "version": 1, "text": text}})
    position = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
    result = client.request(f"textDocument/{request}", {"textDocument": {"uri": uri}, "position": position})
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    if request == "completion":
        items = result["items"] if isinstance(result, dict) else result or []
        return [re.match(r"[\w!]*", item.get("filterText") or item["label"]).group() for item in items]
    if request == "hover":
        return result["contents"]["value"] if result else ""
    if request == "signatureHelp":
        return "\n".join(signature["label"] for signature in result["signatures"]) if result else ""
    if request == "diagnostic":
        return [item["message"] for item in result["items"]]
    places = result if isinstance(result, list) else [result] if result else []
    uris = [place.get("targetUri") or place["uri"] for place in places]
    return [uri.removeprefix(ROOT.as_uri() + "/").removeprefix(folder.as_uri() + "/src/") for uri in uris]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--server", default="rust-analyzer", help="the rust-analyzer binary (default: the one on the path)")
    parser.add_argument("--std", help="the `library` folder of the standard library's sources (default: the toolchain's own)")
    parser.add_argument("--verbose", action="store_true", help="show what rust-analyzer answers and what it says")
    arguments = parser.parse_args()
    server = shutil.which(arguments.server)
    works = server and subprocess.run([server, "--version"], capture_output=True).returncode == 0
    if not works:
        print("rust-analyzer is not installed: nothing was checked (try `rustup component add rust-analyzer`)")
        return 0
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, cwd=ROOT).stdout.strip()
    own = pathlib.Path(sysroot) / "lib/rustlib/src/rust/library"
    std = arguments.std or (str(own) if own.exists() else None)
    with tempfile.TemporaryDirectory(prefix="editor_check_") as folder:
        folder = pathlib.Path(folder).resolve()
        scratch_crate(folder)
        client = start(server, std, folder, arguments.verbose)
        failed = report(client, folder, std, arguments.verbose)
        client.request("shutdown", None)
        client.notify("exit", None)
        client.process.wait(timeout=60)
    return 1 if failed else 0


def report(client, folder, std, verbose):
    width = max(len(what) for what, *_ in CASES)
    failed = 0
    for number, (what, _, _, _, check, needs_std, required) in enumerate(CASES):
        if needs_std and not std:
            print(f"{what:{width}}  not checked: the sources of the standard library are missing")
            continue
        answer = ask(client, folder, number)
        problems = check(answer)
        if verbose:
            print(f"    {str(answer)[:600]!r}")
        verdict = "works" if not problems else ("FAILS: " if required else "does not work: ") + "; ".join(problems)
        failed += bool(problems and required)
        print(f"{what:{width}}  {verdict}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
