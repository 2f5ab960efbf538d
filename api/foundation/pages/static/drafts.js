// What is typed into a form marked data-drafts is kept as a draft soon after the last key. Without this the button "Save
// draft" does the same.

const PAUSE = 2000;
const words = (form) => new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));

for (const form of document.querySelectorAll("form[data-drafts]")) {
  const said = form.querySelector("[data-draft-said]");
  let kept = words(form).toString();
  let timer;
  let left = false;

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, PAUSE);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    left = true;
    setTimeout(() => (left = false), 10000);
  });

  async function keep() {
    const body = words(form);
    const typed = body.toString();
    if (left || typed === kept) return;
    body.set("do", "draft");
    body.set("quiet", "yes");
    try {
      const answer = await fetch(form.action, { method: "POST", body, redirect: "error" });
      if (left) return;
      if (answer.ok) {
        kept = typed;
        form.dispatchEvent(new CustomEvent("kept", { bubbles: true, detail: typed }));
        say(`Draft saved at ${new Date().toLocaleTimeString("en-GB", { hour: "numeric", minute: "2-digit" })}.`);
      } else if (answer.status === 401) {
        say("Draft not saved: you are signed out. Sign in again in another window, then continue here.");
      } else {
        say(`Draft not saved. ${(await answer.json()).problem}`);
      }
    } catch {
      say("Draft not saved. Your text is still on this page.");
    }
  }

  function say(text) {
    if (said.textContent !== text) said.textContent = text;
  }
}
