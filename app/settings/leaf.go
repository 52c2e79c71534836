package settings

import (
	"reflect"
	"strings"

	"parley/views/kept"
)

// leaf is one setting: its key with the table, its value, and the value of the layers below.
type leaf struct {
	key         string
	value, base reflect.Value
}

// same tells whether the setting is as the layers below have it; an empty list or map is none.
func (l leaf) same() bool {
	switch l.value.Kind() {
	case reflect.Slice, reflect.Map:
		if l.value.Len() == 0 && l.base.Len() == 0 {
			return true
		}
	}
	return reflect.DeepEqual(l.value.Interface(), l.base.Interface())
}

// each visits all settings. Tables are structs; a map or a list is one setting.
func each(s, base *kept.Settings, visit func(leaf)) {
	walk("", reflect.ValueOf(s).Elem(), reflect.ValueOf(base).Elem(), visit)
}

func walk(table string, s, base reflect.Value, visit func(leaf)) {
	for i := range s.NumField() {
		name, _, _ := strings.Cut(s.Type().Field(i).Tag.Get("toml"), ",")
		if table != "" {
			name = table + "." + name
		}
		if s.Field(i).Kind() == reflect.Struct {
			walk(name, s.Field(i), base.Field(i), visit)
			continue
		}
		visit(leaf{name, s.Field(i), base.Field(i)})
	}
}

// put sets a key of a decoded file, making its table; a value that stands where the table should be gives way.
func put(raw map[string]any, key string, value any) {
	table, name, ok := strings.Cut(key, ".")
	if !ok {
		raw[key] = value
		return
	}
	inner, ok := raw[table].(map[string]any)
	if !ok {
		inner = map[string]any{}
		raw[table] = inner
	}
	inner[name] = value
}

// remove takes a key out, and its table when that is empty then.
func remove(raw map[string]any, key string) {
	table, name, ok := strings.Cut(key, ".")
	if !ok {
		delete(raw, key)
		return
	}
	inner, ok := raw[table].(map[string]any)
	if !ok {
		return
	}
	delete(inner, name)
	if len(inner) == 0 {
		delete(raw, table)
	}
}
