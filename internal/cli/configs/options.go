package configs

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// kind is a type of entity, with the resource that carries its settings and the source of those set
// on it.
type kind struct {
	name     string
	resource kmsg.ConfigResourceType
	source   int8 // DescribeConfigs' number; 0 shows all
}

// kinds are in the order in which Kafka's tool lists them.
var kinds = []kind{
	{"topics", kmsg.ConfigResourceTypeTopic, 1},
	{"clients", 0, 0},
	{"users", 0, 0},
	{"brokers", kmsg.ConfigResourceTypeBroker, 2},
	{"ips", 0, 0},
	{"client-metrics", kmsg.ConfigResourceTypeClientMetrics, 7},
	{"groups", kmsg.ConfigResourceTypeGroupConfig, 8},
	{"broker-loggers", kmsg.ConfigResourceTypeBrokerLogger, 0},
}

// dynamicDefault is the source of settings of all brokers.
const dynamicDefault = 3

func (k *kind) singular() string { return strings.TrimSuffix(k.name, "s") }

type options struct {
	p           *opt.Parser
	set         *opt.Set
	cluster     *client.Flags
	controllers *opt.Spec

	alter, describe, all                     *opt.Spec
	entityType, entityName, entityDefault    *opt.Spec
	addConfig, addFile, deleteConfig, forced *opt.Spec
	// byFlag are the short options that name an entity. defaults are the options that mean all
	// entities of a type.
	byFlag, defaults []entityFlag

	kind   *kind
	entity string
	named  bool
	native bool
	// changes are the options of this verb that change settings, in gregor's own form.
	changes []*opt.Spec
}

type entityFlag struct {
	spec *opt.Spec
	kind string
}

func newOptions() *options {
	p := opt.New("This tool helps to manipulate and describe entity config for a topic, client, user, broker, ip, client-metrics or group")
	o := &options{
		p: p, cluster: client.AddFlags(p),
		controllers:   p.String("bootstrap-controller", "controller to connect to", "The controllers, HOST:PORT[,HOST:PORT...]."),
		alter:         p.Flag("alter", "Change settings."),
		describe:      p.Flag("describe", "Show settings."),
		all:           p.Flag("all", "Show all settings, and not only those that differ from the default."),
		entityType:    p.String("entity-type", "", "topics, clients, users, brokers, broker-loggers, ips, client-metrics or groups."),
		entityName:    p.String("entity-name", "", "The name of the entity."),
		entityDefault: p.Flag("entity-default", "The default for all entities of the type."),
		addConfig:     p.String("add-config", "", "Settings, k1=v1,k2=[v1,v2],k3=v3."),
		addFile:       p.String("add-config-file", "", "A file of settings."),
		deleteConfig:  p.String("delete-config", "", "Names of settings that return to their defaults, k1,k2."),
		forced:        p.Flag("force", "Without effect.").Old(),
	}
	flag := func(name, kind, desc string) { o.byFlag = append(o.byFlag, entityFlag{p.String(name, "", desc), kind}) }
	flag("topic", "topics", "The name of the topic.")
	flag("client", "clients", "The id of the client.")
	flag("user", "users", "The name of the user.")
	flag("broker", "brokers", "The number of the broker.")
	flag("broker-logger", "broker-loggers", "The number of the broker that the loggers belong to.")
	flag("ip", "ips", "The IP address.")
	flag("client-metrics", "client-metrics", "The name of the subscription to clients' metrics.")
	flag("group", "groups", "The name of the group.")
	for _, d := range []string{"client", "user", "broker", "ip"} {
		o.defaults = append(o.defaults, entityFlag{p.Flag(d+"-defaults", "The default for all "+d+"s."), d + "s"})
	}
	return o
}

func parse(e *tool.Env) (*options, error) {
	o := newOptions()
	o.native = e.Native()
	var err error
	if o.set, err = e.Parse(o.p, false); err != nil {
		return nil, err
	}
	if o.native {
		o.plural()
		if o.changes = []*opt.Spec{o.addConfig, o.addFile}; slices.Contains(e.Verb.Options, o.deleteConfig.Name) {
			o.changes = append(o.changes, o.deleteConfig)
		}
	}
	if o.set.Has(o.alter) == o.set.Has(o.describe) {
		return nil, o.p.Usage("Command must include exactly one action: --describe, --alter")
	}
	if err := o.p.Exclude(o.set, o.describe, o.alter, o.addConfig, o.deleteConfig); err != nil {
		return nil, err
	}
	types, names := o.types(), o.names()
	if err := o.checkServer(e); err != nil {
		return nil, err
	}
	if err := o.checkTypes(types); err != nil {
		return nil, err
	}
	if err := o.checkNames(types, names); err != nil {
		return nil, err
	}
	o.named = len(names) > 0
	if o.named {
		o.entity = names[0]
	}
	if o.set.Has(o.alter) {
		return o, o.checkAlter(names)
	}
	return o, nil
}

// plural lets gregor's own form take the singular of an entity type: configs describe topic orders.
func (o *options) plural() {
	for _, k := range kinds {
		if o.set.String(o.entityType) == k.singular() {
			o.set.Replace(o.entityType, k.name)
		}
	}
}

func (o *options) checkServer(e *tool.Env) error {
	if o.set.Has(o.cluster.Bootstrap) && o.set.Has(o.controllers) {
		return opt.Worded(errors.New("Only one of --bootstrap-server or --bootstrap-controller can be specified"),
			"%s cannot be used together", opt.Owns("and", o.cluster.Bootstrap, o.controllers))
	}
	if o.set.Has(o.controllers) {
		return nil
	}
	if _, ok := o.cluster.Server(client.Quiet(e), o.set); !ok {
		return errors.New("Either --bootstrap-server or --bootstrap-controller must be specified.")
	}
	return nil
}

func (o *options) types() []string {
	types := slices.Clone(o.set.Strings(o.entityType))
	for _, f := range append(slices.Clone(o.byFlag), o.defaults...) {
		if o.set.Has(f.spec) {
			types = append(types, f.kind)
		}
	}
	return types
}

// names has an empty one for the default entity.
func (o *options) names() []string {
	names := slices.Clone(o.set.Strings(o.entityName))
	if o.set.Has(o.entityDefault) {
		names = append(names, "")
	}
	for _, f := range o.byFlag {
		if o.set.Has(f.spec) {
			names = append(names, o.set.String(f.spec))
		}
	}
	for _, f := range o.defaults {
		if o.set.Has(f.spec) {
			names = append(names, "")
		}
	}
	return names
}

func (o *options) checkTypes(types []string) error {
	var all, twice []string
	for _, k := range kinds {
		all = append(all, k.name)
	}
	for i, t := range types {
		if slices.Contains(types[:i], t) {
			twice = append(twice, t)
		}
	}
	if len(twice) > 0 {
		return opt.Worded(fmt.Errorf("Duplicate entity type(s) specified: %s", strings.Join(twice, ",")), "TYPE is given twice: %s", strings.Join(twice, ","))
	}
	for _, t := range types {
		if !slices.Contains(all, t) && o.native {
			return o.p.Usage("unknown type %s; the types are %s", t, strings.Join(all, ", "))
		}
		if !slices.Contains(all, t) {
			return fmt.Errorf("Invalid entity type %s, the entity type must be one of %s with a --bootstrap-server or --bootstrap-controller argument", t, strings.Join(all, ", "))
		}
	}
	users := len(types) == 2 && slices.Contains(types, "users") && slices.Contains(types, "clients")
	switch {
	case len(types) == 0:
		return errors.New("At least one entity type must be specified")
	case len(types) > 1 && !users:
		return opt.Worded(errors.New("Only 'users' and 'clients' entity types may be specified together"), "TYPE has several values, it takes one: %s", strings.Join(types, ", "))
	}
	o.kind = &kinds[slices.Index(all, types[0])]
	return nil
}

func (o *options) checkNames(types, names []string) error {
	if o.set.Has(o.entityName) || o.set.Has(o.entityType) || o.set.Has(o.entityDefault) {
		for _, f := range append(slices.Clone(o.byFlag), o.defaults...) {
			if o.set.Has(f.spec) {
				return errors.New("--entity-{type,name,default} should not be used in conjunction with specific entity flags")
			}
		}
	}
	if t := types[0]; t == "brokers" || t == "broker-loggers" {
		for _, n := range names {
			if _, err := strconv.ParseInt(n, 10, 32); n != "" && err != nil {
				if o.native && t == "brokers" && o.set.Has(o.alter) && strings.Contains(n, "=") {
					return o.p.Usage("the id of a broker is missing before %s; for all brokers: %s --entity-default %s", n, t, n)
				}
				if o.native {
					return o.p.Usage("%s is not the id of a broker; --entity-default stands for all brokers", n)
				}
				return fmt.Errorf("The entity name for %s must be a valid integer broker id, but it is: %s", t, n)
			}
		}
	}
	hasName := slices.ContainsFunc(names, func(n string) bool { return n != "" })
	mayDefault := slices.Contains([]string{"users", "clients", "brokers", "ips"}, types[0])
	list := strings.Join(types, ",")
	if o.native && o.set.Has(o.alter) && !hasName && (!mayDefault || len(names) == 0) {
		if mayDefault {
			return o.p.Usage("NAME is missing; --entity-default stands for all %s", list)
		}
		return o.p.Usage("NAME is missing")
	}
	switch {
	case o.set.Has(o.describe) && !mayDefault && o.set.Has(o.entityDefault):
		return opt.Worded(fmt.Errorf("--entity-default must not be specified with --describe of %s", list), "--entity-default is not possible for %s", list)
	case o.set.Has(o.describe) && types[0] == "broker-loggers" && !hasName:
		return opt.Worded(fmt.Errorf("An entity name must be specified with --describe of %s", list), "%s is missing", o.entityName.Own())
	case o.set.Has(o.alter) && mayDefault && len(names) == 0:
		return errors.New("An entity-name or default entity must be specified with --alter of users, clients, brokers or ips")
	case o.set.Has(o.alter) && !mayDefault && !hasName:
		return fmt.Errorf("An entity name must be specified with --alter of %s", list)
	}
	return nil
}

func (o *options) checkAlter(names []string) error {
	add, file := o.set.Has(o.addConfig), o.set.Has(o.addFile)
	switch {
	case add && file:
		return opt.Worded(errors.New("Only one of --add-config or --add-config-file must be specified"), "%s cannot be used together", opt.Owns("and", o.addConfig, o.addFile))
	case !add && !file && !o.set.Has(o.deleteConfig) && o.native && len(names) == 1 && strings.Contains(names[0], "="):
		return o.p.Usage("NAME is missing before %s", names[0])
	case !add && !file && !o.set.Has(o.deleteConfig) && o.native:
		return o.p.Usage("%s is missing", opt.Owns("or", o.changes...))
	case !add && !file && !o.set.Has(o.deleteConfig):
		return errors.New("At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter")
	}
	return nil
}

var configKey = regexp.MustCompile(`^[a-zA-Z0-9._-]*$`)

// additions are the settings of --add-config or --add-config-file.
func (o *options) additions() (client.Props, error) {
	props := client.Props{}
	if o.set.Has(o.addFile) {
		var err error
		if props, err = client.ReadProps(o.set.String(o.addFile)); err != nil {
			return nil, err
		}
		if err := checkKeys(props); err != nil {
			return nil, err
		}
	}
	if !o.native {
		if err := o.set.Check(o.addConfig, o.addFile); err != nil {
			return nil, err
		}
	}
	if o.set.Has(o.addConfig) {
		for _, pair := range o.pairs() {
			kv := outside(pair, '=')
			if len(kv) != 2 && o.native {
				return nil, opt.Errorf("%s is not KEY=VALUE", pair)
			}
			if len(kv) != 2 {
				return nil, errors.New(`requirement failed: Invalid entity config: all configs to be added must be in the format "key=val" or  "key=[val1,val2]" to group values which contain commas.`)
			}
			props[strings.TrimSpace(kv[0])] = strings.TrimSpace(strings.NewReplacer("[", "", "]", "").Replace(kv[1]))
		}
	}
	if err := checkKeys(props); err != nil {
		return nil, opt.Worded(err, "%v", err)
	}
	return props, nil
}

func checkKeys(props client.Props) error {
	for _, k := range slices.Sorted(maps.Keys(props)) {
		if !configKey.MatchString(k) {
			return fmt.Errorf("Invalid character found for config key: %s", k)
		}
	}
	return nil
}

// pairs are the arguments of --add-config. An operand KEY=VALUE of gregor's own form may hold
// commas without brackets.
func (o *options) pairs() (pairs []string) {
	for _, text := range o.set.Strings(o.addConfig) {
		for i, part := range outside(text, ',') {
			if i > 0 && o.native && !strings.Contains(part, "=") {
				pairs[len(pairs)-1] += "," + part
				continue
			}
			pairs = append(pairs, part)
		}
	}
	return pairs
}

// outside splits at a separator that does not stand between square brackets.
func outside(s string, sep byte) (parts []string) {
	begin, depth := 0, 0
	for i := range len(s) {
		switch {
		case s[i] == '[':
			depth++
		case s[i] == ']' && depth > 0:
			depth--
		case s[i] == sep && depth == 0:
			parts = append(parts, s[begin:i])
			begin = i + 1
		}
	}
	return append(parts, s[begin:])
}
