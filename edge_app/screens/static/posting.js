// A touch that leads to another page: the page stays until the server has answered, and says loudly where no answer comes.
"use strict";
(() => {
  const LONGEST_MS = 20000;
  const ASK_EVERY_MS = 2000;
  const banner = () => document.querySelector("[data-unanswered]");
  const say = (yes) => { if (banner() && banner().matches(":popover-open") !== yes) banner().togglePopover(yes); };

  // Whether it was done is known only to the server: as soon as it is there the page is asked for anew. What somebody typed stays, to be
  // sent again; all that is typed may be sent twice without harm, or shows on the page whether it was.
  const typed = () => [...document.querySelectorAll("input, textarea")].some((one) =>
    (one.type === "file" ? one.files.length > 0 : !["hidden", "checkbox", "radio", "range"].includes(one.type) && one.value !== one.defaultValue));
  let asking = null;
  const ask = async () => {
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok) return;
      clearInterval(asking);
      asking = null;
      if (!typed()) location.reload();
    } catch {
      // Still away; the banner says so.
    }
  };
  const unanswered = () => {
    say(true);
    asking ??= setInterval(ask, ASK_EVERY_MS);
  };

  const release = (form) => {
    delete form.dataset.posting;
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  };
  // What the server refuses was not done: asked for in the browser's own way it brings the page that says why.
  const plainly = (form, button) => {
    release(form);
    form.dataset.plainly = "1";
    form.requestSubmit(button);
  };
  document.addEventListener("submit", async (event) => {
    const form = event.target, button = event.submitter;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement) || !form.matches("[data-post-once]:not([hx-post], [data-plainly])")) return;
    event.preventDefault();
    say(false);
    const body = new URLSearchParams(new FormData(form, button));
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Page-Stays": "1" }, signal: AbortSignal.timeout(LONGEST_MS) });
      if (answer.status === 204) location.assign(answer.headers.get("Location"));
      else if (answer.status === 500) throw new Error("whether it was done is not known");
      else plainly(form, button);
    } catch {
      release(form);
      unanswered();
    }
  });

  // A form that htmx posts may be exchanged while it waits; what it then hears is heard on itself only.
  const watched = new WeakSet();
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt;
    if (!(form instanceof HTMLFormElement)) return;
    say(false);
    if (watched.has(form)) return;
    watched.add(form);
    for (const kind of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
      const detail = { form, answered: kind === "htmx:responseError" };
      form.addEventListener(kind, () => document.dispatchEvent(new CustomEvent("screen:failed", { detail })));
    }
  });
  Object.assign(window.screens, { unanswered });
})();
