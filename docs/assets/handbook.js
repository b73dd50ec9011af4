// The theme's search dialog has no name of its own; screen readers need one.
const search = document.querySelector('[data-md-component="search"]');
if (search) search.setAttribute("aria-label", "Search the handbook");
