// What a reader does with shelves of another component, as reader/src/lib.rs does: see shelf.wit.
import { Shelf, checksum, many as theirMany, live as theirLive } from 'acme:shelf/books@1.0.0';
function book(title, number) {
  return { title, authors: title.split(' '), year: number % 2 === 0 ? 1900 + number : undefined,
    marks: number % 3 === 0 ? { read: true, torn: true, lent: false } : { lent: true, read: false, torn: false }, initial: [...title][0] || '?', weight: number / 4 };
}
const shown = (b) => `${b.title}|${b.authors.join('+')}|${b.year}|${b.marks.read && b.marks.torn && !b.marks.lent}|${b.initial}|${b.weight}`;
export function run(names) {
  const lines = [];
  const shelf = new Shelf('tall');
  names.forEach((n, i) => lines.push(`put ${shelf.put(book(n, i))}`));
  for (const t of ['', 'é', 'nowhere']) { const f = shelf.find(t); lines.push(f.tag === 'one' ? `one ${shown(f.val)}` : f.tag === 'many' ? `many ${f.val.join(', ')}` : 'nothing'); }
  lines.push(...shelf.sorted('title').map(shown), ...shelf.sorted('year').map((b) => b.title));
  const [front, back] = Shelf.split(shelf, 1);
  lines.push(`${front.name()} ${back.name()} ${back.largerThan(front)}`);
  front.absorb(back);
  lines.push(`${theirLive()} shelves, ${front.sorted('title').length} books`);
  return lines;
}
export const sum = (data) => checksum(data);
export const many = () => theirMany(255, -128, 65535, -32768, 4294967295, -2147483648, 9007199254740991, -9007199254740991, 0.5, -0.25, true, '\u{10ffff}', 1, 2, 3, 4, 'sevent\u{e9}en');
export const live = () => theirLive();
export const often = (times) => { const s = new Shelf('often'); let n = 0; for (let i = 0; i < times; i++) n += s.name().length; return n; };
