// What the two pages that ask questions make their parts with.
(() => {
  // Everything is put in as text, so that nothing in the data acts as markup.
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }
  const plain = (name) => name.replace(/[_-]/g, " ");
  globalThis.netkitElements = { make, plain };
})();
