package config

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module  = "github.com/gregorhq/gregor"
	thisPkg = module + "/internal/config"
)

// notNode are packages whose code is no part of a running node. They read the settings of clients
// and tools, some of which have the name of a broker key.
var notNode = []string{module + "/internal/cli", module + "/test", module + "/bench"}

// usedHere are keys that this package turns into something else than a value of that name.
var usedHere = map[string]string{
	"advertised.listeners":                "AdvertisedListeners",
	"broker.id":                           "NodeID",
	"config.providers":                    "provide",
	"inter.broker.listener.name":          "interBrokerListener",
	"listener.security.protocol.map":      "Listeners",
	"listeners":                           "Listeners",
	"log.dir":                             "LogDirs",
	"max.connections.per.ip.overrides":    "MaxConnectionsPerIPOverrides",
	"metadata.log.dir":                    "MetadataLogDir",
	"security.inter.broker.protocol":      "interBrokerListener",
	"authorizer.class.name":               "checkSupported",
	"controller.listener.names":           "Listeners",
	"process.roles":                       "isBroker",
	"controller.quorum.voters":            "Voters",
	"controller.quorum.bootstrap.servers": "BootstrapServers",
	"node.id":                             "NodeID",
	"log.dirs":                            "LogDirs",
}

// readsByVariable are packages that pass the name of a key in a variable. Every literal there that
// is a key counts as read.
var readsByVariable = map[string]string{
	module + "/internal/broker": "a table holds the keys of the coordinators' topics",
	module + "/internal/quorum": "a function reads times in milliseconds",
	module + "/internal/group":  "the topic of the coordinator names its keys",
}

// read is one place that reads a key.
type read struct {
	key, via string // via is the type whose getter is called, or "tag"
	at       token.Position
}

// reads type-checks the packages of a node and returns every place that reads a key.
func reads(t *testing.T) (out []read) {
	t.Helper()
	fset := token.NewFileSet()
	fields := map[string]string{} // "package.Field" to key
	var checked []checkedPackage
	for _, p := range nodePackages(t, fset) {
		c := p.check(t, fset)
		checked = append(checked, c)
		c.tags(fields)
	}
	for _, c := range checked {
		out = append(out, c.getters(fset)...)
		out = append(out, c.fieldReads(fset, fields)...)
	}
	if len(out) < 60 {
		t.Fatalf("only %d reads found", len(out))
	}
	return out
}

type listedPackage struct {
	ImportPath, Export, Dir string
	GoFiles                 []string
	imports                 types.Importer
}

func nodePackages(t *testing.T, fset *token.FileSet) (out []listedPackage) {
	t.Helper()
	list := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Export,Dir,GoFiles", "./cmd/gregor")
	list.Dir = filepath.Join("..", "..")
	list.Stderr = os.Stderr
	text, err := list.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := list.Start(); err != nil {
		t.Fatal(err)
	}
	exports := map[string]string{}
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	for dec := json.NewDecoder(text); ; {
		var p listedPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		p.imports = imports
		if strings.HasPrefix(p.ImportPath, module) && p.ImportPath != thisPkg &&
			!slices.ContainsFunc(notNode, func(not string) bool { return strings.HasPrefix(p.ImportPath, not) }) {
			out = append(out, p)
		}
	}
	if err := list.Wait(); err != nil {
		t.Fatal(err)
	}
	return out
}

type checkedPackage struct {
	path  string
	files []*ast.File
	info  *types.Info
}

func (p listedPackage) check(t *testing.T, fset *token.FileSet) checkedPackage {
	t.Helper()
	c := checkedPackage{path: p.ImportPath, info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}}
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		c.files = append(c.files, f)
	}
	cfg := types.Config{Importer: p.imports}
	if _, err := cfg.Check(p.ImportPath, fset, c.files, c.info); err != nil {
		t.Fatal(err)
	}
	return c
}

// tags collects the fields of structs that take the value of a key.
func (c checkedPackage) tags(fields map[string]string) {
	for _, f := range c.files {
		ast.Inspect(f, func(n ast.Node) bool {
			field, ok := n.(*ast.Field)
			if !ok || field.Tag == nil {
				return true
			}
			tag, _ := strconv.Unquote(field.Tag.Value)
			if key, ok := reflect.StructTag(tag).Lookup(tagName); ok {
				for _, name := range field.Names {
					fields[c.path+"."+name.Name] = key
				}
			}
			return true
		})
	}
}

// getters finds calls like cfg.Int("num.partitions"), and literals in packages that pass keys in
// variables.
func (c checkedPackage) getters(fset *token.FileSet) (out []read) {
	for _, f := range c.files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && readsByVariable[c.path] != "" {
					out = append(out, read{s, "variable", fset.Position(n.Pos())})
				}
			case *ast.CallExpr:
				sel, ok := n.Fun.(*ast.SelectorExpr)
				if !ok || c.info.Selections[sel] == nil || len(n.Args) == 0 {
					return true
				}
				via, ok := strings.CutPrefix(strings.TrimPrefix(c.info.Selections[sel].Recv().String(), "*"), thisPkg+".")
				key := c.info.Types[n.Args[len(n.Args)-1]].Value
				if ok && key != nil && key.Kind() == constant.String {
					out = append(out, read{constant.StringVal(key), via, fset.Position(n.Pos())})
				}
			}
			return true
		})
	}
	return out
}

// fieldReads finds uses of tagged fields, except where a value is assigned to one.
func (c checkedPackage) fieldReads(fset *token.FileSet, fields map[string]string) (out []read) {
	for _, f := range c.files {
		assigned := map[ast.Expr]bool{}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, l := range n.Lhs {
					assigned[l] = true
				}
			case *ast.SelectorExpr:
				s := c.info.Selections[n]
				if s == nil || s.Kind() != types.FieldVal || assigned[n] || s.Obj().Pkg() == nil {
					return true
				}
				if key := fields[s.Obj().Pkg().Path()+"."+s.Obj().Name()]; key != "" {
					out = append(out, read{key, "tag", fset.Position(n.Pos())})
				}
			}
			return true
		})
	}
	return out
}

// TestEffectsAreHonest holds the declarations to the code. A key that has an effect is read by the
// node, or is a weaker synonym of one that is. A key without effect is not read.
func TestEffectsAreHonest(t *testing.T) {
	where := map[string]token.Position{}
	for _, r := range reads(t) {
		if r.via == "Broker" {
			if d := Lookup(BrokerKey, r.key); d != nil && d.Update != ReadOnly {
				t.Errorf("%s: %s can change while the node runs, and its value at the start is read", r.at, r.key)
			}
		}
		where[r.key] = r.at
	}
	supplies := map[string]bool{}
	for _, kind := range []Kind{BrokerKey, TopicKey} {
		for _, d := range Definitions(kind) {
			if d.NoEffect == "" {
				for _, s := range d.Synonyms {
					supplies[s.Name] = true
				}
			}
		}
	}
	for _, kind := range []Kind{BrokerKey, TopicKey} {
		for _, d := range Definitions(kind) {
			at, read := where[d.Name]
			switch {
			case d.NoEffect == "" && !read && !(kind == BrokerKey && (usedHere[d.Name] != "" || supplies[d.Name])):
				t.Errorf("%s has an effect, but the node does not read it", d.Name)
			case d.NoEffect != "" && read:
				t.Errorf("%s is read at %s, and is said to have no effect: %s", d.Name, at, d.NoEffect)
			}
		}
	}
}
