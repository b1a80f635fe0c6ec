"""A script that takes all memory ends with a sentence."""


def test_a_script_that_takes_all_memory_is_ended(moonwit, write):
    """Past the limit the process ends with exit code 1 and says how much it was, whatever the script does."""
    script = write("s.lua", "local t = {} while true do pcall(function() t[#t + 1] = ('x'):rep(1e6) .. #t end) end")
    result = moonwit("run", script, env={"MOONWIT_MEMORY": "400"})
    assert result.returncode == 1
    assert "the script takes more than 400 MiB of memory" in result.stderr


def test_a_script_within_the_limit_is_left_alone(moonwit, write):
    """What is garbage does not count forever."""
    script = write("s.lua", "for i = 1, 3000 do local s = ('x'):rep(1e6) .. i end print('done')")
    result = moonwit("run", script, env={"MOONWIT_MEMORY": "1500"})
    assert (result.stdout, result.stderr, result.returncode) == ("done\n", "", 0)
