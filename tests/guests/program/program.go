// A command for each thing that a program does with its world; program.c and program.rs do the same.
package main

import (
	"io"
	"os"
	"strconv"
	"time"
)

func word(number int) string {
	if number < len(os.Args) {
		return os.Args[number]
	}
	return ""
}

func fail(why string) {
	os.Stderr.WriteString(why + "\n")
	os.Exit(1)
}

func main() {
	switch word(1) {
	case "args":
		for _, each := range os.Args[1:] {
			os.Stdout.WriteString(each + "\n")
		}
	case "env":
		value, found := os.LookupEnv(word(2))
		if !found {
			value = "(none)"
		}
		os.Stdout.WriteString(value + "\n")
	case "read":
		text, err := os.ReadFile(word(2))
		if err != nil {
			fail("can't read")
		}
		os.Stdout.Write(text)
	case "write":
		if os.WriteFile(word(2), []byte(word(3)), 0o644) != nil {
			fail("can't write")
		}
	case "echo":
		io.Copy(os.Stdout, os.Stdin)
	case "complain":
		os.Stderr.WriteString(word(2) + "\n")
	case "sleep":
		ms, _ := strconv.Atoi(word(2))
		time.Sleep(time.Duration(ms) * time.Millisecond)
		os.Stdout.WriteString("awake\n")
	case "exit":
		code, _ := strconv.Atoi(word(2))
		os.Exit(code)
	default:
		fail("unknown command")
	}
}
