// Everything works without this. It adds the behaviour of GOV.UK Frontend, stops a form from being sent twice,
// and looks after words: forms marked data-keep warn before they are left unsaved, and are not sent into nowhere.

const words = (form) => new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string")).toString();
const asShown = new Map([...document.querySelectorAll("form[data-keep]")].map((form) => [form, words(form)]));
const hasFaults = document.querySelector(".govuk-error-summary") !== null; // then what is shown is not saved either
const sending = new Set();
let leaving = false;
let reachable = true;
let asked = 0;

// What is kept as a draft is not lost by leaving.
document.addEventListener("kept", (event) => asShown.set(event.target, event.detail));

addEventListener("beforeunload", (event) => {
  if (!leaving && [...asShown].some(([form, shown]) => hasFaults || words(form) !== shown)) event.preventDefault();
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (sending.has(form)) {
    event.preventDefault();
    return;
  }
  sending.add(form);
  if (asShown.has(form) && !reachable) {
    event.preventDefault();
    await ask();
    sending.delete(form);
    if (reachable) form.requestSubmit(event.submitter);
    return;
  }
  leaving = true;
  showSending(asShown.has(form) ? "Saving…" : "Please wait…");
  setTimeout(again, 10000, form); // when no answer comes, the button works again
});

addEventListener("pageshow", () => [...sending].forEach(again)); // back from another page

function again(form) {
  sending.delete(form);
  leaving = false;
  showSending("");
}

// A sign at once that the button was pressed, however slow the network is. It moves nothing on the page.
function showSending(text) {
  let sign = document.getElementById("sending");
  if (!sign && text) {
    sign = document.createElement("p");
    sign.id = "sending";
    sign.className = "app-sending";
    sign.setAttribute("role", "status");
    document.body.append(sign);
  }
  if (sign) sign.textContent = text;
}

// While somebody types it is asked now and then whether the service can be reached: better told now than on saving.
document.addEventListener("input", (event) => {
  if (asShown.has(event.target.form) && Date.now() - asked > 5000) ask();
});
addEventListener("offline", ask);
addEventListener("online", ask);

async function ask() {
  asked = Date.now();
  reachable = await isReachable();
  say(reachable ? "" : "The service cannot be reached. Your words are still here: save them when you are connected again.");
}

// A picture, because the content security policy lets a page ask for nothing else. Slow is not unreachable.
function isReachable() {
  return new Promise((resolve) => {
    const picture = new Image();
    picture.onload = () => resolve(true);
    picture.onerror = () => resolve(false);
    setTimeout(resolve, 5000, navigator.onLine);
    picture.src = new URL(`connected.svg?at=${Date.now()}`, import.meta.url);
  });
}

function say(text) {
  let said = document.getElementById("said");
  if (!said && text) {
    said = document.createElement("p");
    said.id = "said";
    said.className = "app-said";
    said.setAttribute("role", "alert");
    document.body.append(said);
  }
  if (said) said.textContent = text;
}

// A link that selects every box of a name does it at once, without asking for the page again.
for (const link of document.querySelectorAll("[data-select-all]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const boxes = [...document.querySelectorAll(`input[type=checkbox][name="${CSS.escape(link.dataset.selectAll)}"]`)];
    const wanted = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = wanted;
  });
}

// Buttons that copy what a field holds.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    const done = await navigator.clipboard?.writeText(field.value).then(() => true, () => false);
    button.nextElementSibling.textContent = done || document.execCommand("copy") ? "Copied" : "Press Ctrl and C to copy";
  });
}

try {
  const { initAll } = await import(document.getElementById("govuk-frontend").href);
  document.body.classList.add("js-enabled", "govuk-frontend-supported");
  initAll(); // focuses the error summary, counts characters, shows passwords, folds the menu
} catch {
  const summary = document.querySelector(".govuk-error-summary");
  summary?.setAttribute("tabindex", "-1");
  summary?.focus();
}
