// A picture's pixels from the server, and their grey values under a window.
export const decodePixels = async (url) => {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`pixels: ${answer.status}`);
  const head = (name) => answer.headers.get(name).split(" ");
  const bytes = await answer.arrayBuffer();
  const [rows] = head("X-Rows").map(Number);
  const [columns] = head("X-Columns").map(Number);
  if (bytes.byteLength !== rows * columns * 2) throw new Error("pixels: length");
  const view = new DataView(bytes);
  const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  const values = littleEndian ? new Uint16Array(bytes) : Uint16Array.from({ length: rows * columns }, (_, i) => view.getUint16(2 * i, true));
  const [center, width, kind] = head("X-Window");
  const [low, high] = head("X-Range").map(Number);
  return { rows, columns, values, scale: Number(head("X-Scale")[0]), low, high, window: { center: Number(center), width: Number(width), kind } };
};

const loadImage = (url) => new Promise((resolve, reject) => {
  const image = new Image();
  image.onload = () => resolve(image);
  image.onerror = () => reject(new Error("image"));
  image.src = url;
});

export const grey = async (url) => {
  const image = await loadImage(url);
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return { canvas, context, data: context.getImageData(0, 0, canvas.width, canvas.height) };
};

export const decodeImage = async (url, scale) => {
  const { canvas, data } = await grey(url);
  const values = new Uint16Array(canvas.width * canvas.height);
  for (let i = 0; i < values.length; i += 1) values[i] = data.data[4 * i];
  return { rows: canvas.height, columns: canvas.width, values, scale, low: 0, high: 255, window: { center: 127.5, width: 255, kind: "LINEAR_EXACT" } };
};

// PS3.3 C.11.2.1.2 and C.11.2.1.3, for every possible value.
export const table = (window) => {
  const lut = new Uint8ClampedArray(65536);
  const width = Math.max(window.width, 1e-6);
  for (let value = 0; value < 65536; value += 1) {
    let out;
    if (window.kind === "SIGMOID") out = 1 / (1 + Math.exp((-4 * (value - window.center)) / width));
    else if (window.kind === "LINEAR") out = (value - (window.center - 0.5)) / Math.max(width - 1, 1e-6) + 0.5;
    else out = (value - window.center) / width + 0.5;
    lut[value] = out * 255;
  }
  return lut;
};
