package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// object is a JSON object with its members in the order in which they came:
// answers say first what matters most.
type object []member

type member struct {
	name  string
	value any
}

// get gives the value of a member; nil: there is none.
func (o object) get(name string) any {
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// text is the value of a member that is a string; empty: there is none.
func (o object) text(name string) string {
	s, _ := o.get(name).(string)
	return s
}

// objects gives those members of a list that are objects.
func objects(value any) []object {
	list, _ := value.([]any)
	var found []object
	for _, one := range list {
		if o, ok := one.(object); ok {
			found = append(found, o)
		}
	}
	return found
}

// decodeObject reads a JSON object. In it objects are object, lists []any,
// numbers json.Number.
func decodeObject(raw []byte) (object, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	value, err := decodeValue(decoder)
	if err != nil {
		return nil, fmt.Errorf("reading an answer: %w", err)
	}
	o, ok := value.(object)
	if !ok {
		return nil, errors.New("reading an answer: it is no object")
	}
	return o, nil
}

func decodeValue(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return decodeMembers(decoder)
	case json.Delim('['):
		return decodeList(decoder)
	}
	return token, nil
}

func decodeMembers(decoder *json.Decoder) (any, error) {
	o := object{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		value, err := decodeValue(decoder)
		if err != nil {
			return nil, err
		}
		text, _ := name.(string)
		o = append(o, member{text, value})
	}
	_, err := decoder.Token()
	return o, err
}

func decodeList(decoder *json.Decoder) (any, error) {
	list := []any{}
	for decoder.More() {
		value, err := decodeValue(decoder)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err := decoder.Token()
	return list, err
}
