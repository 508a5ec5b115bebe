// theme.js - the chosen theme and density, before the first paint.
for (const name of ['theme', 'density']) {
  try {
    const value = JSON.parse(localStorage.getItem(`topo.${name}`) ?? 'null')
    if (typeof value === 'string') document.documentElement.dataset[name] = value
  } catch {
    // The defaults are fine.
  }
}
