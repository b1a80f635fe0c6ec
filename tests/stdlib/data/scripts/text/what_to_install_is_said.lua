print(text.regexp.compile('a'))
print(text.diff.new():compare('a', 'b'))
print(text.trim(' a '))
print(pcall(require, 'template'))
