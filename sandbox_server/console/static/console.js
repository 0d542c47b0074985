// What the pages do beyond links and forms. Without it everything can still be read and done, by hand.
(() => {
  "use strict";

  const switchOn = () => {
    const box = document.querySelector("[data-live-switch]");
    return !box || box.checked;
  };

  // A live part is left alone while nobody sees it, while somebody is in it, and where it was switched off.
  const isAtRest = (part) =>
    document.hidden || !switchOn() || part.contains(document.activeElement) || holdsSelection(part);

  const holdsSelection = (part) => {
    const selection = document.getSelection();
    return Boolean(selection && !selection.isCollapsed && part.contains(selection.anchorNode));
  };

  document.addEventListener("htmx:beforeRequest", (event) => {
    const part = event.target;
    if (part.matches && part.matches("[data-live]") && isAtRest(part)) event.preventDefault();
  });

  document.addEventListener("submit", (event) => {
    const question = event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  const copy = async (text) => {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await copy(document.querySelector(button.dataset.copy).textContent);
    document.getElementById("announce").textContent = document.body.dataset.copied;
    button.classList.add("copied");
    button.focus();
  });

  // On a narrow screen the row of pages is longer than the screen: show the one that is open.
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  });

  // A menu closes when somebody leaves it.
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest("details.menu[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
})();
