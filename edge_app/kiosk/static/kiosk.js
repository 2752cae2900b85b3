// The kiosk's own behaviour: what is new is marked and said, the Pre-KTAS pad closes when it is entered, uploads show how far they are.
"use strict";
(() => {
  // A rung that has just been proven fills once.
  const highest = new Map();
  const markFresh = () => {
    for (const row of document.querySelectorAll("[data-offer]")) {
      const before = highest.get(row.dataset.offer);
      highest.set(row.dataset.offer, row.dataset.highest);
      if (before === undefined || before === row.dataset.highest) continue;
      for (const rung of row.querySelectorAll(".now, .yes, .no, .stood")) rung.classList.add("fresh");
    }
  };

  // One live region outside of what is swapped, so that only what has changed is said.
  let said = "";
  const announce = () => {
    const headline = document.querySelector("[data-headline]");
    const region = document.querySelector("[data-announce]");
    if (!headline || !region) return;
    const words = [headline.textContent, headline.dataset.headlineMore].filter(Boolean).join(", ");
    if (words !== said) region.textContent = said = words;
  };

  const settle = () => { markFresh(); announce(); };
  document.addEventListener("DOMContentLoaded", settle);
  document.addEventListener("htmx:afterSwap", settle);

  document.addEventListener("htmx:afterRequest", (event) => {
    const pad = event.detail.elt.dataset && event.detail.elt.dataset.closes;
    if (pad && event.detail.successful) document.getElementById(pad).hidePopover();
  });

  // A touch that did not count says so, above the pad it was made on, until the next.
  const lost = (yes) => {
    const banner = document.querySelector("[data-not-stored]");
    if (banner && banner.matches(":popover-open") !== yes) banner.togglePopover(yes);
  };
  const touched = (event) => event.detail.elt instanceof HTMLFormElement && !event.detail.elt.matches("[data-upload]");
  document.addEventListener("htmx:beforeRequest", (event) => { if (touched(event)) lost(false); });
  document.addEventListener("screen:failed", ({ detail }) => {
    if (detail.form.matches("[data-upload]")) return;
    if (detail.answered) lost(true);
    else window.screens.unanswered();
  });

  // Uploading.
  const say = (form, word) => {
    for (const element of form.querySelectorAll("[data-upload-word]")) element.hidden = element.dataset.uploadWord !== word;
  };
  const finish = (form) => { form.querySelector("[data-upload-progress]").hidden = true; };
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-upload-file]")) return;
    const [file] = event.target.files;
    if (file) event.target.form.querySelector("[data-upload-name]").textContent = file.name;
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt;
    if (!form.matches("[data-upload]")) return;
    say(form, "sending");
    const progress = form.querySelector("[data-upload-progress]");
    progress.hidden = false;
    progress.value = 0;
  });
  document.addEventListener("htmx:xhr:progress", (event) => {
    const form = event.target.closest("[data-upload]");
    if (form && event.detail.lengthComputable) form.querySelector("[data-upload-progress]").value = (100 * event.detail.loaded) / event.detail.total;
  });
  document.addEventListener("htmx:responseError", (event) => {
    const form = event.detail.elt;
    if (!form.matches("[data-upload]")) return;
    const word = String(event.detail.xhr.status);
    finish(form);
    say(form, form.querySelector(`[data-upload-word="${word}"]`) ? word : "other");
  });
  for (const failure of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      const form = event.detail.elt;
      if (!form.matches("[data-upload]")) return;
      finish(form);
      say(form, "other");
    });
  }
})();
