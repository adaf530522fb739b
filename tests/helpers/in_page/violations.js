// The rules of axe-core, or those of some, that a page breaks, each with where.
async rules => (await axe.run(document, {
    resultTypes: ['violations'], ...(rules && {runOnly: rules, preload: false})
  })).violations.map(
  v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(' | ')}`)
