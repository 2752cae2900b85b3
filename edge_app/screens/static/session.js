// Keeps a session alive while somebody touches the screen, and asks for the page anew when it is over.
"use strict";
(() => {
  const TELL_EVERY_MS = 10000;
  const locked = () => document.querySelector("[data-locked]") !== null;

  // What a finger does on the picture never reaches the server by itself.
  let toldAt = -Infinity;
  const touched = (event) => {
    if (!event.isTrusted || locked() || performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    fetch("/touched", { method: "POST" }).then(async (answer) => {
      if (answer.ok) until((await answer.json()).left_s);
    }, () => { toldAt = -Infinity; });
  };
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, touched, true);

  // A live page hears it from the server. Any other is asked for anew when nobody has touched it for so long.
  let timer = null;
  const until = (left_s) => {
    clearTimeout(timer);
    if (left_s === null || document.querySelector("[data-live]")) return;
    timer = setTimeout(() => location.reload(), left_s * 1000 + 500);
  };
  document.addEventListener("DOMContentLoaded", () => {
    if (document.body.dataset.sessionS) until(Number(document.body.dataset.sessionS));
  });
  // A page that a browser kept from before, and a touch that came too late.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    // Nothing on it can be touched before it is what stands now.
    document.body.inert = true;
    location.reload();
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401 && !locked() && !document.querySelector("[data-live]")) location.reload();
  });
})();
