print(require 'own', require 'deep', require 'rock.core'.rock)
require('shared').mark = 1
print(require('shared').mark, require 'shared' == package.loaded.shared, require('shared').times)
package.loaded.shared = nil
print(require('shared').mark)
