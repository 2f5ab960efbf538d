// Everything works without this. It adds the behaviour of GOV.UK Frontend, a warning before words are lost,
// and keeps a form as it is when the network is down.

const kept = () => [...document.querySelectorAll("form[data-keep]")];
const words = (form) => new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string")).toString();

const asShown = new Map(kept().map((form) => [form, words(form)]));
// A page that answers with faults shows words that are not saved.
const unsaved = (form) => document.querySelector(".govuk-error-summary") !== null || words(form) !== asShown.get(form);
let leaving = false;

addEventListener("beforeunload", (event) => {
  if (!leaving && kept().some(unsaved)) event.preventDefault();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (!navigator.onLine) {
    event.preventDefault();
    say("You are not connected to the network. Your words are still here. Save again when you are connected.");
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  leaving = true;
  // If the answer never comes, the button works again.
  setTimeout(() => forget(form), 10000);
});

// Back from another page, the form can be sent again.
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(forget));

function forget(form) {
  delete form.dataset.sent;
  leaving = false;
}

function say(text) {
  let banner = document.getElementById("said");
  if (!banner) {
    banner = document.createElement("p");
    banner.id = "said";
    banner.className = "govuk-inset-text";
    banner.setAttribute("role", "alert");
    document.getElementById("main-content").prepend(banner);
  }
  banner.textContent = text;
  banner.scrollIntoView();
}

try {
  const { initAll } = await import(document.getElementById("govuk-frontend").href);
  document.body.classList.add("js-enabled", "govuk-frontend-supported");
  initAll(); // focuses the error summary, counts characters, shows passwords, folds the menu
} catch {
  document.querySelector(".govuk-error-summary")?.setAttribute("tabindex", "-1");
  document.querySelector(".govuk-error-summary")?.focus();
}
