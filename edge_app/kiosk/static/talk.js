// What a hospital says sounds once on the crew's screen, as far as the browser lets it; a text that was sent leaves its field.
"use strict";
(() => {
  const NOTES = [[0, 0.16, 988], [0.2, 0.4, 1319]];
  const context = typeof AudioContext === "undefined" ? null : new AudioContext();
  for (const kind of ["pointerdown", "keydown"]) {
    document.addEventListener(kind, () => { if (context && context.state !== "running") context.resume(); }, true);
  }
  const sound = () => {
    if (!context || context.state !== "running") return;
    for (const [start, length, hertz] of NOTES) {
      const tone = new OscillatorNode(context, { frequency: hertz });
      const gain = new GainNode(context, { gain: 0 });
      const at = context.currentTime + start;
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(0.4, at + 0.02);
      gain.gain.linearRampToValueAtTime(0, at + length);
      tone.connect(gain).connect(context.destination);
      tone.start(at);
      tone.stop(at + length);
    }
  };

  let heard = null;
  const hear = () => {
    const now = document.querySelector("[data-remarks]");
    if (!now) return;
    const count = Number(now.dataset.remarks);
    if (heard !== null && count > heard) {
      document.documentElement.dataset.heard = String(Number(document.documentElement.dataset.heard ?? 0) + 1);
      sound();
    }
    heard = count;
  };
  document.addEventListener("DOMContentLoaded", hear);
  document.addEventListener("htmx:afterSwap", hear);
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.matches("[data-empties]") && event.detail.successful) event.detail.elt.reset();
  });
})();
