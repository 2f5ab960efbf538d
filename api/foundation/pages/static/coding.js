// Coding passages by keyboard. Everything works without this: in the codes of a passage the keys 1 to 9 give or take the
// first to the ninth code, and N goes to the codes of the next passage.

for (const form of document.querySelectorAll("form[data-coding]")) form.addEventListener("keydown", act);

function act(event) {
  const box = event.target;
  if (box.type !== "checkbox" || event.ctrlKey || event.altKey || event.metaKey) return;
  const passage = box.closest("fieldset");
  if (event.key === "n" || event.key === "N") {
    const all = [...event.currentTarget.querySelectorAll("fieldset.app-passage")];
    const next = all[all.indexOf(passage) + 1]?.querySelector("input[type=checkbox]");
    if (!next) return;
    event.preventDefault();
    next.focus();
  } else if (/^[1-9]$/.test(event.key)) {
    const wanted = passage.querySelectorAll("input[type=checkbox]")[event.key - 1];
    if (!wanted) return;
    event.preventDefault();
    wanted.focus();
    wanted.click();
  }
}
