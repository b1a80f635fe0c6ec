const form = document.querySelector('form')
const answer = document.querySelector('#answer')
const chart = document.querySelector('#chart')

async function count(event) {
  event?.preventDefault()
  const began = performance.now()
  const response = await fetch('/api/primes?' + new URLSearchParams(new FormData(form)))
  const found = await response.json()
  answer.classList.toggle('wrong', !response.ok)
  if (!response.ok) {
    answer.textContent = found.error
    return
  }
  const took = Math.round(performance.now() - began)
  answer.textContent = `${found.count} primes from ${found.first} to ${found.last}, in ${took} ms`
  const most = Math.max(1, ...found.parts.map(part => part.count))
  chart.replaceChildren(...found.parts.map(part => {
    const bar = document.createElement('div')
    bar.style.height = `${100 * part.count / most}%`
    bar.title = `${part.from} to ${part.to}: ${part.count}`
    return bar
  }))
}

form.addEventListener('submit', count)
count()
