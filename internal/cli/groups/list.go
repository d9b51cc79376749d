package groups

import (
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
)

// listing is one group of the list.
type listing struct{ id, typ, state string }

// Names of what a group may be, by Kafka's GroupState and GroupType.
const (
	stateDead  = "Dead"
	stateEmpty = "Empty"

	typeClassic  = "Classic"
	typeConsumer = "Consumer"
)

var (
	consumerStates = []string{"PreparingRebalance", "CompletingRebalance", "Stable", stateDead, stateEmpty, "Assigning", "Reconciling"}
	consumerTypes  = []string{typeClassic, typeConsumer}
)

// listings asks all brokers for their consumer groups. nil filters mean all.
func (c *command) listings(states, types []string) ([]listing, error) {
	ctx, cancel := c.call()
	defer cancel()
	req := kmsg.NewPtrListGroupsRequest()
	req.StatesFilter = states
	if req.TypesFilter = types; types == nil {
		req.TypesFilter = consumerTypes
	}
	resp, err := client.Ask(ctx, c.cl, req)
	err = client.Unreachable("listGroups", err)
	if client.NoBroker(err) && !c.env.Native() {
		return nil, client.Exceptionf("java.util.concurrent.ExecutionException", "%w",
			client.Exceptionf("org.apache.kafka.common.KafkaException", "Failed to find brokers to send ListGroups"))
	}
	if err != nil {
		return nil, err
	}
	if err := client.Err(resp.ErrorCode, nil); err != nil {
		return nil, err
	}
	byID := map[string]listing{}
	var ids []string
	for _, g := range resp.Groups {
		if g.ProtocolType != "" && g.ProtocolType != "consumer" {
			continue
		}
		l := listing{id: g.Group, typ: proper(g.GroupType, consumerTypes), state: proper(g.GroupState, consumerStates)}
		// Brokers of before KIP-518 and KIP-848 take no filters.
		if !picked(states, l.state) || !picked(types, l.typ) {
			continue
		}
		if _, known := byID[l.id]; !known {
			ids = append(ids, l.id)
		}
		byID[l.id] = l
	}
	var out []listing
	for _, id := range slices.Sorted(slices.Values(ids)) {
		out = append(out, byID[id])
	}
	return out, nil
}

func picked(filter []string, value string) bool {
	return len(filter) == 0 || slices.Contains(filter, value)
}

// proper is a word in Kafka's spelling, or Unknown.
func proper(word string, known []string) string {
	for _, k := range known {
		if strings.EqualFold(k, strings.TrimSpace(word)) {
			return k
		}
	}
	return "Unknown"
}

// filterWords reads stable,empty. An unknown word is an error that lists the known ones.
func filterWords(what, text string, known []string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	var words []string
	for _, w := range strings.Split(text, ",") {
		k := proper(w, known)
		if k == "Unknown" {
			one := strings.TrimSuffix(what, "s")
			return nil, &argumentError{
				text: fmt.Sprintf("Invalid %s list '%s'. Valid %ss are: %s", what, text, one, strings.Join(known, ", ")),
				own:  fmt.Sprintf("--%s %s: the %ss are %s", one, text, one, strings.Join(known, ", ")),
			}
		}
		words = append(words, k)
	}
	return words, nil
}

func (c *command) listGroups() error {
	showType, showState := c.set.Has(c.typ), c.set.Has(c.options.state)
	types, err := filterWords("types", c.set.String(c.typ), consumerTypes)
	if err != nil {
		return err
	}
	states, err := filterWords("state", c.set.String(c.options.state), consumerStates)
	if err != nil {
		return err
	}
	all, err := c.listings(states, types)
	if err != nil {
		return err
	}
	if !showType && !showState {
		for _, l := range all {
			c.env.Print("%s\n", l.id)
		}
		return nil
	}
	width := 15
	for _, l := range all {
		width = max(width, len(l.id))
	}
	const wider, column = 10, 20
	line := func(l listing) {
		columns := []string{pad(l.id, width+wider)}
		if showType {
			columns = append(columns, pad(l.typ, column))
		}
		if showState {
			columns = append(columns, pad(l.state, column))
		}
		c.env.Print("%s\n", row(columns...))
	}
	line(listing{"GROUP", "TYPE", "STATE"})
	for _, l := range all {
		line(l)
	}
	return nil
}
