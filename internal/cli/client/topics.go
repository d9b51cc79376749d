package client

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/opt"
)

// Filter picks topics by a list or a regular expression, as Kafka's IncludeList: a comma means
// "or", blanks and surrounding quotes are ignored, and the whole name must match.
type Filter struct{ re *regexp.Regexp }

// NewFilter reads the expression. The error has Kafka's text; Go's regular expressions lack
// look-around and back-references, which Java's have.
func NewFilter(raw string) (*Filter, error) {
	expr := strings.ReplaceAll(strings.ReplaceAll(strings.TrimSpace(raw), ",", "|"), " ", "")
	expr = strings.Trim(expr, `"'`)
	re, err := regexp.Compile(`^(?:` + expr + `)$`)
	if err != nil {
		why := new(syntax.Error)
		errors.As(err, &why) // the only error of Compile
		return nil, opt.Worded(fmt.Errorf("%s is an invalid regex.", raw), "%s is not a regular expression: %s", raw, why.Code)
	}
	return &Filter{re: re}, nil
}

// Match reports whether a topic is picked.
func (f *Filter) Match(topic string) bool { return f.re.MatchString(topic) }

// Metadata describes the topics of those names; nil means all topics.
func Metadata(ctx context.Context, cl *Client, topics []string) (*kmsg.MetadataResponse, error) {
	req := kmsg.NewPtrMetadataRequest()
	if topics != nil {
		req.Topics = []kmsg.MetadataRequestTopic{}
		for _, t := range topics {
			rt := kmsg.NewMetadataRequestTopic()
			rt.Topic = kmsg.StringPtr(t)
			req.Topics = append(req.Topics, rt)
		}
	}
	return Ask(ctx, cl, req)
}
