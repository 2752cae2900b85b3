// The frames of a film: fetched once, and only those around the one that is looked at are kept as pictures.
const AHEAD = 12, BEHIND = 6;
const LINE_FEED = 10;

export class Frames {
  // `bytes`: a line of JSON with the frames' sizes, then the frames as JPEG, one after the other.
  constructor(bytes) {
    const end = bytes.indexOf(LINE_FEED);
    const { sizes } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
    let start = end + 1;
    this.parts = sizes.map((size) => bytes.subarray(start, start += size));
    if (start !== bytes.length) throw new Error("film: length");
    this.pictures = new Map();
  }

  // One frame as a picture, null where it is not there or cannot be opened.
  at(number) {
    for (const [kept, picture] of this.pictures) {
      if (kept >= number - BEHIND && kept <= number + AHEAD) continue;
      this.pictures.delete(kept);
      picture.then((one) => one?.close());
    }
    for (let one = number; one <= number + AHEAD; one += 1) this.open(one);
    return this.open(number);
  }

  open(number) {
    if (number >= this.parts.length) return Promise.resolve(null);
    if (!this.pictures.has(number)) {
      const blob = new Blob([this.parts[number]], { type: "image/jpeg" });
      this.pictures.set(number, createImageBitmap(blob).catch(() => null));
    }
    return this.pictures.get(number);
  }
}

const fetched = async (url) => {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer;
};

export const fetchFrames = async (url) => new Frames(new Uint8Array(await (await fetched(url)).arrayBuffer()));

// What was outlined on each frame: closed lines by name, in pixels of the original.
export const fetchOutlines = async (url) => (await (await fetched(url)).json()).frames;
