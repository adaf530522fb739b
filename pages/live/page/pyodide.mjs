// The same language as worker.mjs, spoken with Pyodide, whose files and packages come from an address that the host
// configures. It is the way out for the day on which the first engine is not maintained; without an address it is off.
import {gunzipSync} from "fflate";
import {literal} from "../engine.mjs";

let pyodide;
const tell = (type, more) => postMessage({type, ...more});
const decoder = new TextDecoder();

async function start({files, pyodide: address}) {
  const {loadPyodide} = await import(/* the host's */ `${address}pyodide.mjs`);
  pyodide = await loadPyodide({indexURL: address});
  await pyodide.loadPackage(["numpy", "pandas", "scipy", "matplotlib", "tqdm"], {messageCallback: () => {}});
  for (const name of ["book.bin", "data.bin"]) await put(files, name);
  for (const name of ["stdout", "stderr"]) {
    pyodide[name === "stdout" ? "setStdout" : "setStderr"]({write: bytes => { tell("stream", {name, text: decoder.decode(bytes)}); return bytes.length; }});
  }
  pyodide.registerJsModule("live_host", {send: line => tell("message", {message: JSON.parse(line)})});
  pyodide.runPython(`
import os, sys
os.makedirs("/book/chapters", exist_ok=True)
os.chdir("/book/chapters")
sys.path[:0] = ["", "/book", "/book/kernel"]
os.environ |= {"MPLBACKEND": "agg", "ZOOLIB_WHEELS": "/book/wheels"}
import live_kernel
`);
  tell("ready", {bytes: pyodide._module.HEAPU8.length});
}

async function put(files, name) {
  const zipped = typeof files[name] === "string" ? await (await fetch(files[name])).arrayBuffer() : files[name];
  const bytes = gunzipSync(new Uint8Array(zipped));
  if (name === "data.bin") return later(bytes);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  let at = 4 + length;
  waiting = [];
  for (const [path, size, pack] of JSON.parse(decoder.decode(bytes.subarray(4, 4 + length)))) {
    if (pack) waiting.push([path, size]);
    else { write(path, bytes.subarray(at, at + size)); at += size; }
  }
}
let waiting = [];
function later(bytes) {
  let at = 0;
  for (const [path, size] of waiting) { write(path, bytes.subarray(at, at + size)); at += size; }
}
function write(path, bytes) {
  pyodide.FS.mkdirTree(`/book/${path.split("/").slice(0, -1).join("/")}`);
  pyodide.FS.writeFile(`/book/${path}`, bytes);
}

onmessage = async ({data}) => {
  try {
    if (data.type === "start") await start(data);
    else {
      const began = performance.now(), given = data.given.map(one => typeof one === "boolean" ? (one ? "True" : "False") : typeof one === "string" ? literal(one) : String(one));
      pyodide.runPython(`__import__("live_kernel").${data.method}(${given.join(", ")})`);
      tell("done", {seconds: (performance.now() - began) / 1000, bytes: pyodide._module.HEAPU8.length});
    }
  } catch (error) {
    tell("failed", {error: String(error?.message ?? error), stack: String(error?.stack ?? "")});
  }
};
