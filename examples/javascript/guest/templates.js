// A guest in JavaScript: fills in templates. What it throws is the err side of the WIT result.
export function render(template, values) {
  const known = new Map(values);
  return template.replace(/\{([^{}]+)\}/g, (_, name) => {
    const value = known.get(name.trim());
    if (value === undefined) {
      throw `no value for {${name}}; there are: ${[...known.keys()].sort().join(", ")}`;
    }
    return value;
  });
}
