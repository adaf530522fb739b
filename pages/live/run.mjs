// node run.mjs folder < job: runs cells in the engine, as a page does, without a page. folder holds the files of the
// engine and book.bin, unzipped; the job is JSON, {cells: [{name, code}], traced}. Each cell comes back as a line of
// JSON: what it showed, CPU seconds, and the bytes that the engine holds; at last, if traced, the files that were opened
// and, where the module counts its calls, the profile.
import fs from "node:fs";
import path from "node:path";
import {Engine, unpack, otherHalf} from "./engine.mjs";

const folder = process.argv[2], job = JSON.parse(fs.readFileSync(0, "utf8"));
const read = name => { const got = fs.readFileSync(path.join(folder, name)); return got.buffer.slice(got.byteOffset, got.byteOffset + got.length); };
const tell = line => fs.writeSync(1, JSON.stringify(line) + "\n");
const fetched = [], later = name => { fetched.push(name); return new Uint8Array(read(name)); };
const half = fs.existsSync(path.join(folder, "rest.wasm")) ? otherHalf(() => later("rest.wasm")) : null;
let shown = [];
const opened = job.traced ? new Set() : null;
const engine = new Engine(await WebAssembly.compile(fs.readFileSync(path.join(folder, "engine.wasm"))), {
  library: unpack(read("library.bin"), later), book: unpack(read("book.bin"), later), half, opened,
  onStream: (name, text) => {
    const last = shown.at(-1);
    if (last?.type === "stream" && last.name === name) last.text += text;
    else shown.push({type: "stream", name, text});
  },
  onMessage: message => shown.push(message),
});
for (const {name, code} of job.cells) {
  shown = [];
  const began = process.cpuUsage();
  engine.call("run", name, code, job.drawn ?? "picture", Boolean(job.watched));
  const {user, system} = process.cpuUsage(began);
  tell({name, shown, seconds: (user + system) / 1e6, bytes: engine.bytes, fetched});
}
for (const {method, given} of job.calls ?? []) {
  shown = [];
  engine.call(method, ...given);
  tell({name: method, shown});
}
if (job.traced) {
  const {__write_profile: write, host_alloc, memory} = engine.instance.exports;
  let profile = null;
  if (write) {
    const length = write(0, 0), at = host_alloc(length) >>> 0;
    write(at, length);
    profile = Buffer.from(memory.buffer, at, length).toString("base64");
  }
  tell({opened: [...opened].sort(), profile});
}
