package groups

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/client"
)

// maxBare is the length above which Java's CSV writer quotes a text without looking into it.
const maxBare = 24

// exported are plans as CSV: topic,partition,offset, with the group in front where there are
// several.
func exported(plans []plan, single bool) string {
	var b strings.Builder
	for _, p := range plans {
		for _, t := range p.targets {
			if !single {
				b.WriteString(quoted(p.group) + ",")
			}
			fmt.Fprintf(&b, "%s,%d,%d\n", quoted(t.topic), t.index, t.offset)
		}
	}
	return b.String()
}

func quoted(s string) string {
	if len(s) <= maxBare && !strings.ContainsFunc(s, func(r rune) bool { return r <= ',' }) {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// readPlans reads a file of --export, by group. With one group on the command line the file may
// leave the group out.
func readPlans(path string, groups []string) (map[string]map[partition]int64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, client.Exceptionf("java.io.IOException", "Unable to read file %s", path)
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	plans := map[string]map[partition]int64{}
	short := len(groups) == 1 && isShort(lines[0])
	for _, line := range lines {
		if line == "" {
			continue
		}
		fields, err := fieldsOf(line)
		if err != nil {
			return nil, err
		}
		group := ""
		if short {
			group = groups[0]
		} else {
			group, fields = fields[0], fields[1:]
		}
		if len(fields) != 3 {
			return nil, fmt.Errorf("the line %q of %s is not [group,]topic,partition,offset", line, path)
		}
		index, err1 := strconv.ParseInt(strings.TrimSpace(fields[1]), 10, 32)
		offset, err2 := strconv.ParseInt(strings.TrimSpace(fields[2]), 10, 64)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("partition or offset in the line %q of %s is no number", line, path)
		}
		if offset < 0 {
			return nil, argumentf("Invalid negative offset")
		}
		if plans[group] == nil {
			plans[group] = map[partition]int64{}
		}
		plans[group][partition{fields[0], int32(index)}] = offset
	}
	return plans, nil
}

// isShort reports whether a line is topic,partition,offset.
func isShort(line string) bool {
	fields, err := fieldsOf(line)
	if err != nil || len(fields) != 3 {
		return false
	}
	_, err1 := strconv.ParseInt(strings.TrimSpace(fields[1]), 10, 32)
	_, err2 := strconv.ParseInt(strings.TrimSpace(fields[2]), 10, 64)
	return err1 == nil && err2 == nil
}

func fieldsOf(line string) ([]string, error) {
	r := csv.NewReader(strings.NewReader(line))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	return r.Read()
}
