// Uploading: one picture after the other, with how far it is, how long the rest takes at the pace of the last seconds, and what went wrong.
// What the box has not said that it has kept is offered again; without this script the form sends all of them at once.
"use strict";
(() => {
  const PACE_OVER_MS = 5000, PACE_FROM_MS = 1000, STILL_AFTER_MS = 10000, STOPS_AFTER_MS = 800;

  const setUp = (form) => {
    const find = (name) => form.querySelector(`[data-upload-${name}]`);
    const file = find("file"), bar = find("bar"), line = find("line"), name = find("name"), button = find("button");
    const words = form.dataset;
    let left = [];
    let kept = [];
    let request = null;
    let stopped = false;
    let samples = [];
    let movedAt = 0;
    // Of the picture that is under way.
    let gone = 0;

    const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };
    const fill = (word, values) => Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, () => String(value)), word);
    const say = (word) => {
      for (const element of form.querySelectorAll("[data-upload-word]")) element.hidden = element.dataset.uploadWord !== word;
      const some = find("kept");
      some.hidden = kept.length === 0 || word === null;
      write(some, fill(words.kept, { n: kept.length, all: kept.length + left.length }));
    };
    const show = (sending) => {
      form.classList.toggle("sending", sending);
      // It stands where the finger still is: the second of two quick taps stops nothing.
      find("stop").hidden = !sending;
      find("stop").disabled = true;
      setTimeout(() => { find("stop").disabled = false; }, STOPS_AFTER_MS);
      button.hidden = sending;
      file.disabled = sending;
    };

    const sizeOf = (files) => files.reduce((sum, one) => sum + one.size, 0);
    const pace = (now) => {
      samples = samples.filter((one) => now - one.at <= PACE_OVER_MS);
      const first = samples[0], last = samples[samples.length - 1];
      return first && last.at - first.at >= PACE_FROM_MS ? (last.bytes - first.bytes) / (last.at - first.at) : 0;
    };
    const rest = (bytes, now) => {
      if (now - movedAt > STILL_AFTER_MS) return fill(words.still, { n: Math.floor((now - movedAt) / 1000) });
      const perMs = pace(now);
      if (!perMs) return words.unmeasured;
      const seconds = bytes / perMs / 1000;
      return seconds < 60 ? fill(words.leftS, { n: Math.max(5, 5 * Math.ceil(seconds / 5)) }) : fill(words.leftMin, { n: Math.ceil(seconds / 60) });
    };
    const draw = () => {
      if (!request) return;
      const all = sizeOf(kept) + sizeOf(left), there = sizeOf(kept) + gone;
      const percent = Math.floor((100 * there) / Math.max(1, all));
      bar.value = percent;
      write(name, fill(words.which, { n: kept.length + 1, all: kept.length + left.length, name: left[0].name }));
      write(line, gone >= left[0].size ? words.keeping : `${percent}% · ${rest(all - there, performance.now())}`);
    };

    const over = (word) => {
      request = null;
      show(false);
      if (word !== null) write(find("send"), words.again);
      say(word);
    };
    const failed = (status) => over(form.querySelector(`[data-upload-word="${status}"]`) ? String(status) : "other");

    const next = () => {
      if (!left.length) {
        const cases = new Set(kept.map((one) => one.path));
        request = null;
        location.assign(cases.size === 1 ? [...cases][0] : words.list);
        return;
      }
      const one = left[0], body = new FormData();
      body.append("picture", one, one.name);
      for (const goes of ["case", "protocol"]) body.append(goes, form.elements[goes].value);
      gone = 0;
      request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.upload.addEventListener("progress", (event) => {
        const now = performance.now();
        gone = event.lengthComputable ? Math.min(one.size, (one.size * event.loaded) / event.total) : gone;
        movedAt = now;
        samples.push({ at: now, bytes: sizeOf(kept) + gone });
      });
      request.addEventListener("load", () => {
        if (request.status !== 201) { failed(request.status); return; }
        kept.push({ size: one.size, path: request.getResponseHeader("Location") });
        left.shift();
        next();
      });
      request.addEventListener("error", () => failed("cut"));
      request.addEventListener("abort", () => over(stopped ? null : "cut"));
      request.send(body);
      draw();
    };

    file.addEventListener("change", () => {
      left = [...file.files];
      kept = [];
      say(null);
      if (!left.length) return;
      write(find("chosen"), left.length === 1 ? left[0].name : fill(words.chosenSeveral, { n: left.length }));
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (request || !left.length) return;
      stopped = false;
      samples = [];
      movedAt = performance.now();
      say(null);
      show(true);
      next();
    });
    find("stop").addEventListener("click", () => {
      stopped = true;
      if (request) request.abort();
    });
    // Who leaves the page breaks it off, and is asked.
    window.addEventListener("beforeunload", (event) => { if (request) event.preventDefault(); });
    setInterval(draw, 250);
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const form of document.querySelectorAll("[data-upload]")) setUp(form);
  });
})();
