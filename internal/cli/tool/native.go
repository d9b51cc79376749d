package tool

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/opt"
)

// operands lets bare arguments of gregor's own form stand for an option, and returns those that nothing can be made of.
// Kafka's tools ignore all of them.
func (e *Env) operands(p *opt.Parser, set *opt.Set) (stray []string) {
	if !e.Native {
		return nil
	}
	spec := p.Lookup(e.Operand)
	if spec == nil || set.Has(spec) {
		return set.Rest
	}
	for i, arg := range set.Rest {
		if i > 0 && !e.ManyOperands {
			return set.Rest[i:]
		}
		set.Put(spec, arg)
	}
	return nil
}

// usageLine is gregor's own form of the command in one line.
func (e *Env) usageLine() string {
	operand := ""
	if e.Operand != "" {
		operand = " [" + strings.ToUpper(e.Operand)
		if e.ManyOperands {
			operand += " ..."
		}
		operand += "]"
	}
	return "Usage: " + e.Name + operand + " [option ...]"
}

// nativeHelp is --help of gregor's own form: the options are Kafka's, but the cluster need not be named.
func (e *Env) nativeHelp(p *opt.Parser) {
	if s := p.Lookup("bootstrap-server"); s != nil {
		s.Desc = "Where the cluster is, HOST:PORT[,HOST:PORT...]; $GREGOR_BOOTSTRAP or localhost:9092 if left out."
	}
	fmt.Fprintf(e.Stdout, "%s\n\n%s\n", p.About, e.usageLine())
	if e.Operand != "" {
		fmt.Fprintf(e.Stdout, "%s may also be given as --%s.\n", strings.ToUpper(e.Operand), e.Operand)
	}
	fmt.Fprintln(e.Stdout)
	p.PrintUsage(e.Stdout)
}

// withNear is the message for a command line that cannot be parsed, with the option that was meant.
func withNear(err error) string {
	var unknown *opt.Error
	if errors.As(err, &unknown) && unknown.Near != "" {
		return unknown.Message + "; did you mean --" + unknown.Near + "?"
	}
	return err.Error()
}
