// The worker in which the engine lives. It is told {type: "start" | "call", ...} and answers with messages
// {type: "progress" | "ready" | "stream" | "message" | "done" | "failed", ...}. An engine of another make answers alike.
import {gunzipSync} from "fflate";
import {Engine, unpack, otherHalf} from "../engine.mjs";

let engine;
const tell = (type, more) => postMessage({type, ...more});
// What a cell prints is told in portions: a loop without end would keep the page too busy to be stopped.
const MOST = 1e6;  // letters of one run
let words = "", kind, letters, toldAt = 0;
function flush() {
  if (words) tell("stream", {name: kind, text: words});
  [words, toldAt] = ["", performance.now()];
}
function print(name, text) {
  if (letters > MOST) return;
  if (name !== kind) flush();
  letters += text.length;
  [kind, words] = [name, letters > MOST ? `${words}${text}\n… and more than the page shows` : words + text];
  if (letters > MOST || performance.now() - toldAt > 20) flush();
}
const AS_WASM = {headers: {"Content-Type": "application/wasm"}};

const isZipped = bytes => bytes?.[0] === 0x1f && bytes[1] === 0x8b;  // some hosts say how a file is packed, and a browser then unpacks it

// files: {name: address}, or {name: bytes} for a page that was opened from the disk; all of them zipped
async function start({files, sizes, halved}) {
  const zipped = async name => {
    if (typeof files[name] !== "string") return new Blob([files[name]]).stream();
    const answer = await fetch(files[name]);
    if (!answer.ok) throw new Error(`${files[name]}: ${answer.status}`);
    return answer.body;
  };
  const stream = async name => {
    let seen = 0;
    const counter = new TransformStream({transform(part, next) {
      seen += part.byteLength;
      tell("progress", {name, seen, total: sizes[name]});
      next.enqueue(part);
    }});
    const [some, whole] = (await zipped(name)).pipeThrough(counter).tee(), reader = some.getReader();
    const {value} = await reader.read();
    reader.cancel();
    return isZipped(value) ? whole.pipeThrough(new DecompressionStream("gzip")) : whole;
  };
  const bytes = async name => new Response(await stream(name)).arrayBuffer();
  const atOnce = name => {  // in the middle of a cell, which cannot wait
    let got = files[name];
    if (typeof got === "string") {
      const request = new XMLHttpRequest();
      request.open("GET", got, false);
      request.responseType = "arraybuffer";
      request.send();
      if (request.status !== 200) throw new Error(`${got}: ${request.status}`);
      got = request.response;
    }
    const bytes = new Uint8Array(got);
    return isZipped(bytes) ? gunzipSync(bytes) : bytes;
  };
  const [module, library, book] = await Promise.all([
    stream("engine.wasm").then(whole => WebAssembly.compileStreaming(new Response(whole, AS_WASM))),
    bytes("library.bin"), bytes("book.bin"),
  ]);
  engine = new Engine(module, {
    library: unpack(library, atOnce), book: unpack(book, atOnce), half: halved ? otherHalf(() => atOnce("rest.wasm")) : null,
    onStream: print, onMessage: message => { flush(); tell("message", {message}); },
  });
  tell("ready", {bytes: engine.bytes});
}

onmessage = async ({data}) => {
  try {
    if (data.type === "start") await start(data);
    else {
      const began = performance.now();
      letters = 0;
      engine.call(data.method, ...data.given);
      flush();
      tell("done", {seconds: (performance.now() - began) / 1000, bytes: engine.bytes});
    }
  } catch (error) {
    flush();
    tell("failed", {error: String(error?.message ?? error), stack: String(error?.stack ?? "")});
  }
};
