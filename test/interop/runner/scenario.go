package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gregorhq/gregor/test/interop/result"
)

// scenario is one client's run. After a step that breaks the driver the scenario starts a new one,
// so that a failed step does not hide the next.
type scenario struct {
	name    string
	command []string
	log     io.Writer
	prefix  string   // the prefix of every topic and group of this run
	only    []string // steps to run; empty: all

	d      *driver
	formed *members // the group of the previous step
	codecs []string
	about  url.Values // the driver's description of its client
}

const askLimit = 60 * time.Second

// run runs all steps and never fails itself. A failure is a step's outcome.
func (s *scenario) run() result.Client {
	c := result.Client{Name: s.name}
	defer func() {
		if s.formed != nil {
			s.formed.end()
		}
		if s.d != nil {
			s.d.stop(10 * time.Second)
		}
	}()
	hello, err := s.ask("hello")
	if err != nil || len(hello) == 0 {
		for _, h := range result.Steps {
			c.Steps = append(c.Steps, result.Step{Name: h.Name, Outcome: result.Failed, Detail: fmt.Sprint("the driver does not start: ", err)})
		}
		return c
	}
	s.about = hello[0].values
	c.Version = s.about.Get("version")
	s.codecs = strings.Split(s.about.Get("codecs"), ",")
	for _, h := range result.Steps {
		if len(s.only) > 0 && !slices.Contains(s.only, h.Name) {
			continue
		}
		c.Steps = append(c.Steps, s.step(h.Name))
	}
	return c
}

func (s *scenario) step(name string) result.Step {
	began := time.Now()
	err := s.perform(name)
	step := result.Step{Name: name, Outcome: result.Passed, Millis: time.Since(began).Milliseconds()}
	var without lacking
	switch {
	case errors.As(err, &without):
		step.Outcome, step.Detail = result.Lacking, string(without)
	case err != nil:
		step.Outcome, step.Detail = result.Failed, err.Error()
	}
	fmt.Printf("   %-10s %-8s %6d ms  %s\n", step.Name, step.Outcome, step.Millis, step.Detail)
	return step
}

func (s *scenario) perform(name string) error {
	switch name {
	case "create":
		return s.create(s.topic("main"))
	case "list":
		return s.list()
	case "none", "gzip", "snappy", "lz4", "zstd":
		return s.codec(name)
	case "headers":
		return s.headers()
	case "group":
		return s.group()
	case "killed":
		return s.killed()
	case "commit":
		return s.commit()
	case "reset":
		return s.reset()
	case "time":
		return s.time()
	case "idempotent":
		return s.idempotent()
	case "delete":
		return s.delete()
	}
	return fmt.Errorf("no step named %s", name)
}

func (s *scenario) topic(part string) string { return s.prefix + "-" + part }

// ask sends a request to the driver and starts the driver if necessary. It kills a driver that does
// not answer.
func (s *scenario) ask(request string, more ...string) ([]reply, error) {
	if s.d == nil {
		d, err := start(s.command, s.log)
		if err != nil {
			return nil, err
		}
		s.d = d
	}
	fmt.Fprintf(s.log, "-- %s\n", request)
	out, err := s.d.ask(askLimit, request, more...)
	if err != nil {
		fmt.Fprintf(s.log, "-- error: %v\n", err)
		if errors.Is(err, errEnded) || strings.HasPrefix(err.Error(), "no answer in") {
			s.d.kill()
			s.d = nil
		}
	}
	return out, err
}

// query returns a request line.
func query(word string, pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return word + "?" + v.Encode()
}
