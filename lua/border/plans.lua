---@meta
-- Made from lua/border/plans.py by `python tests/border.py`: annotations, which nothing loads.

---@alias border.Item
---| border.StepItem
---| border.StubItem
---| border.GroupItem
---| border.ResourceItem

---How an export is called. `params` and `results` are letters for the core types; `brief` says that a call ends soon,
---`leaf` and `post_leaf` that realloc and post-return call nothing of the host.
---@class border.Lift
---@field path string
---@field core border.StepItem|border.StubItem|border.GroupItem|border.ResourceItem
---@field memory? border.StepItem|border.StubItem|border.GroupItem|border.ResourceItem
---@field realloc? border.StepItem|border.StubItem|border.GroupItem|border.ResourceItem
---@field gated? true
---@field brief? true
---@field instance integer
---@field table? integer
---@field leaf? true
---@field params string
---@field results string
---@field post? border.StepItem|border.StubItem|border.GroupItem|border.ResourceItem
---@field post_leaf? true
---@field signature border.Signature

---An entry in Lua: its text, what its errors call it, and what it may require by name: modules, other entries in Lua, and files in
---`places`.
---@class border.LuaSource
---@field id string
---@field source string
---@field chunkname string
---@field modules string[]
---@field places border.Place[]
---@field method? string
---@field imports? table<string, border.LuaSource>
---@field limit_ms? integer

---What an instance is made of. `key` is the same for entries that share it, `engine` and `modules` are addresses, 0 for a
---module that no step has. `unlinked` is the module of the stubs, `handles` the one of resources' tables. `granted` are
---interfaces, `memories` those that functions of the host use; `waits` says that calls may wait, `files` that the entry's mounts are
---used, `small` that instances are small ones, `composed` that there are several component instances in each.
---@class border.Plan
---@field key string
---@field engine integer
---@field modules integer[]
---@field steps border.Step[]
---@field resources border.PlanResource[]
---@field gated? true
---@field initialize? border.StepItem|border.StubItem|border.GroupItem|border.ResourceItem
---@field unlinked? integer
---@field handles? integer
---@field small? true
---@field composed? true
---@field groups? border.Group[]
---@field granted? table<string, true>
---@field hosted? border.HostFunction[]
---@field files? true
---@field memories? (border.StepItem|border.StubItem|border.GroupItem|border.ResourceItem)[]
---@field waits? true
---@field provided? border.ProvidedFunction[]
---@field foreign? string[]
---@field libraries? table<string, border.LuaSource>

---A function's name as its author writes it, the types, and the numbers of those that it takes and gives.
---@class border.Signature
---@field name string
---@field types border.TypeRow[]
---@field params border.Param[]
---@field result? integer

---Where Lua files are looked for: a path below the folder `root`, and what errors call that place.
---@class border.Place
---@field root string
---@field path string
---@field shown string

---What a core instance of the plan exports.
---@class border.StepItem
---@field step integer
---@field name string

---A function that nobody provides, of those that trap.
---@class border.StubItem
---@field stub integer

---What a group's module exports. `late` is the place in its table that a function comes to after the module is made, or 0.
---@class border.GroupItem
---@field group integer
---@field name string
---@field late integer

---A built-in of a resource.
---@class border.ResourceItem
---@field resource integer
---@field operation string

---A core instance to be made, of a module of the plan.
---@class border.Step
---@field module integer
---@field arguments (border.StepItem|border.StubItem|border.GroupItem|border.ResourceItem)[]

---A resource that a component defines, and the number from 0 of the component instance that does. `module` has its built-ins,
---where no step has them; `late` says that its destructor is there only after those.
---@class border.PlanResource
---@field name string
---@field interface? string
---@field module? integer
---@field instance integer
---@field dtor? border.StepItem|border.StubItem|border.GroupItem|border.ResourceItem
---@field late? true

---Functions between guest and host that one module has: the host's by name, and the guest's reallocs that they call. `serves`
---says that some of them may wait, `gate` is the one that the module looks at (host/wasm/plan/gate.py).
---@class border.Group
---@field module integer
---@field memory? border.StepItem|border.StubItem|border.GroupItem|border.ResourceItem
---@field functions string[]
---@field reallocs (border.StepItem|border.StubItem|border.GroupItem|border.ResourceItem)[]
---@field serves? true
---@field gate? border.StepItem|border.StubItem|border.GroupItem|border.ResourceItem

---A function of the host, with letters for the core types of its parameters and results.
---@class border.HostFunction
---@field name string
---@field params string
---@field results string

---An import that a library or a function of the registry answers, by its `id`: its name in full and its last part, the text of its
---result's type and of who answers it. `drop` is the number of a resource, where it ends handles of that; others have a signature.
---@class border.ProvidedFunction
---@field name string
---@field own string
---@field id string
---@field who string
---@field shown string
---@field library? true
---@field drop? integer
---@field signature? border.Signature

---A parameter: its name, the number of its type, and the text of that for messages.
---@class border.Param
---@field name string
---@field type integer
---@field text string

---A field of a record.
---@class border.TypeField
---@field name string
---@field type integer

---A case of a variant.
---@class border.TypeCase
---@field name string
---@field type? integer

---A WIT type: parts are the numbers of other types, which stand before it.
---@class border.TypeRow
---@field kind string
---@field fields? border.TypeField[]
---@field cases? border.TypeCase[]
---@field element? integer
---@field key? integer
---@field value? integer
---@field length? integer
---@field types? integer[]
---@field names? string[]
---@field some? integer
---@field ok? integer
---@field err? integer
---@field resource? integer
---@field name? string
