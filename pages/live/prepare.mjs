// node prepare.mjs engine.wasm library.bin book.bin out: what only the engine itself can do for its library.
// Long docstrings are taken out of the bytecode, and the list of matplotlib's fonts is made; both are written to out.
import fs from "node:fs";
import path from "node:path";
import {Engine, unpack} from "./engine.mjs";

const [wasm, library, book, out] = process.argv.slice(2);
const bytes = file => { const read = fs.readFileSync(file); return read.buffer.slice(read.byteOffset, read.byteOffset + read.length); };
const engine = new Engine(await WebAssembly.compile(fs.readFileSync(wasm)), {
  library: unpack(bytes(library)), book: unpack(bytes(book)),
  onStream: (_, text) => process.stderr.write(text), onMessage: () => {},
});
engine.turn(fs.readFileSync(new URL("strip.py", import.meta.url), "utf8"));
const written = (folder, at) => {
  for (const [name, one] of folder) {
    if (one.contents) { fs.mkdirSync(path.join(at, name), {recursive: true}); written(one.contents, path.join(at, name)); }
    else fs.writeFileSync(path.join(at, name), one.data);
  }
};
written(engine.wasi.fds[4].dir.contents.get("out").contents, out);
