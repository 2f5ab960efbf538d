// Answering the themes and questions of an audit. Everything works without this: it shows at once what depends on an
// answer of the page, hides the boxes of texts that an answer does not come with, and lets keys choose answers.

for (const form of document.querySelectorAll("form[data-answering]")) {
  update(form);
  form.addEventListener("input", () => update(form));
  form.addEventListener("keydown", choose);
}

function update(form) {
  // In the order of the page: what an answer makes appear may make something else appear.
  for (const part of form.querySelectorAll("[data-waits-for]")) {
    const isAsked = JSON.parse(part.dataset.waitsFor).every(([question, answers]) => answers.includes(answerTo(form, question)));
    part.hidden = !isAsked;
    part.nextElementSibling.hidden = isAsked;
  }
  for (const box of form.querySelectorAll("[data-asked-for]")) {
    const answer = form.elements[box.dataset.answer].value;
    const isEmpty = box.querySelector("textarea").value.trim() === ""; // words are never hidden
    box.hidden = isEmpty && !box.dataset.askedFor.split(" ").includes(answer);
  }
}

// The answer that a question has on the page; nothing while it is not asked.
function answerTo(form, question) {
  const field = form.elements[`questions/${question}`];
  const first = field instanceof RadioNodeList ? field[0] : field;
  return first && !first.closest("[hidden]") ? field.value : "";
}

// In a group of radios the keys 1 to 9 choose the first to the ninth, and N goes to the answer of the next theme.
function choose(event) {
  const radio = event.target;
  if (radio.type !== "radio" || event.ctrlKey || event.altKey || event.metaKey) return;
  const isNext = event.key === "n" || event.key === "N";
  if (!isNext && !/^[1-9]$/.test(event.key)) return;
  const wanted = isNext ? nextAnswer(event.currentTarget, radio) : radiosOf(event.currentTarget, radio.name)[event.key - 1];
  if (!wanted) return;
  event.preventDefault();
  wanted.focus();
  if (!isNext) wanted.click();
}

function radiosOf(form, name) {
  return form.querySelectorAll(`input[type=radio][name="${CSS.escape(name)}"]`);
}

// The radio of the next theme's answer that the keyboard would reach; nothing after the last theme.
function nextAnswer(form, radio) {
  const answers = [...form.querySelectorAll('input[type=radio][name$="--answer"]')].filter((it) => !it.closest("[hidden]"));
  const next = answers.find((it) => it.name !== radio.name && radio.compareDocumentPosition(it) & Node.DOCUMENT_POSITION_FOLLOWING);
  return next && ([...radiosOf(form, next.name)].find((it) => it.checked) ?? next);
}

// What is typed into a form marked data-drafts is kept as a draft soon after the last key. Without this the button "Save
// draft" does the same. In this file, because a browser opens six connections at once and a seventh file would wait.

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
