// Warns before a session ends, and keeps it when the person asks for that. Windows of one browser know of each other.

const WARN = 120;
const KEY = "caseaudit-used";
const dialog = document.getElementById("session-ends");
const stay = dialog.querySelector("[data-session-stay]");
const title = document.getElementById("session-ends-title");
const text = document.getElementById("session-ends-text");
const idle = Number(document.body.dataset.sessionIdle) * 1000;
const absoluteEnd = Date.now() + Number(document.body.dataset.sessionAbsolute) * 1000;
let used = Date.now();
let dismissed = "";

function remember() {
  used = Date.now();
  try {
    localStorage.setItem(KEY, String(used));
  } catch {
    // a browser that stores nothing warns in each window by itself
  }
}

function lastUse() {
  try {
    return Math.max(used, Number(localStorage.getItem(KEY)) || 0);
  } catch {
    return used;
  }
}

function look() {
  const idleEnd = lastUse() + idle;
  const end = Math.min(idleEnd, absoluteEnd);
  const left = end - Date.now();
  if (left > WARN * 1000) {
    if (dialog.open) dialog.close();
  } else {
    tell(end, left, idleEnd <= absoluteEnd);
  }
}

function tell(end, left, canStay) {
  const at = new Date(end).toLocaleTimeString("en-GB", { hour: "numeric", minute: "2-digit" });
  stay.hidden = left <= 0 || !canStay;
  if (left <= 0) {
    title.textContent = "You are signed out";
    text.textContent = "Your text is still on this page. When you save it, you are asked to sign in first, and it is kept.";
  } else if (canStay) {
    text.textContent = `You will be signed out at ${at} because you have not used the service for a while.`;
  } else {
    text.textContent = `Your session ends at ${at}. Save your work, then sign in again.`;
  }
  const shown = `${title.textContent} ${end}`;
  if (!dialog.open && dismissed !== shown) {
    dialog.showModal();
    dialog.dataset.shown = shown;
  }
}

stay.addEventListener("click", async () => {
  const answer = await fetch(new URL("../account/stay-signed-in", import.meta.url), { method: "POST", redirect: "error" }).catch(() => null);
  if (answer?.ok) {
    remember();
    dialog.close();
  } else {
    text.textContent = "The service cannot be reached, or you are already signed out.";
  }
});
dialog.querySelector("[data-session-close]").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => (dismissed = dialog.dataset.shown));
document.addEventListener("kept", remember);

remember();
setInterval(look, 5000);
