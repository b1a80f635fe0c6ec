local meta = registry.get('t:odd').meta
print(meta.big, meta.none, meta.gap, meta.inf, meta.day, meta['5'], meta.exact, meta.deep[2][2].b, meta.alike)
