// Coding passages by keyboard. Everything works without this: in the codes of a passage the key shown beside a code gives
// or takes it, N goes to the codes of the next passage, after the last one to the button that saves, and P goes back.

for (const form of document.querySelectorAll("form[data-coding]")) form.addEventListener("keydown", act);

// After "Save and show next" the first passage has the focus: the notice is still read out, but does not take it.
if (location.hash === "#passages") {
  document.querySelector(".govuk-notification-banner")?.setAttribute("data-disable-auto-focus", "true");
}

function act(event) {
  const passage = event.target.closest("fieldset.app-passage");
  if (!passage || event.ctrlKey || event.altKey || event.metaKey) return;
  const key = event.key.toLowerCase();
  const wanted = [...passage.querySelectorAll("input[type=checkbox]")].find(each => each.ariaKeyShortcuts === key);
  if (key === "n" || key === "p") {
    event.preventDefault();
    beside(event.currentTarget, passage, key === "n" ? 1 : -1)?.focus();
  } else if (wanted) {
    event.preventDefault();
    wanted.focus();
    wanted.click();
  }
}

function beside(form, passage, step) {
  const all = [...form.querySelectorAll("fieldset.app-passage")];
  const at = all.indexOf(passage) + step;
  if (at === all.length) return form.querySelector("button[value=next]") ?? form.querySelector("button[value=save]");
  return all[at]?.querySelector("input[type=checkbox]");
}
