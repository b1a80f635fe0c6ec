---@param plan border.Plan
local function f(plan)
  for _, step in ipairs(plan.steps) do
    print(step.module, step.modules)
  end
end
